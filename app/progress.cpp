#include "app/progress.hpp"

#include <chrono>
#include <string>

#include "app/progress_text.hpp"
#include "app/terminal.hpp"

namespace shardflow::app {
namespace {

using Clock = std::chrono::steady_clock;

// Runs that are over sooner show nothing; five redraws a second are enough to see it move.
constexpr std::chrono::milliseconds kRedraw{200};
constexpr std::chrono::milliseconds kPlainLine{2000};

}  // namespace

ProgressLine::ProgressLine(const TerminalOptions& terminal, const Progress& progress)
    : progress_(progress), redraw_(is_terminal_stderr()) {
  const bool wanted = terminal.progress == When::kAlways || (terminal.progress == When::kAuto && redraw_);
  if (wanted && !terminal.quiet) thread_ = std::thread([this] { draw_until_over(); });
}

ProgressLine::~ProgressLine() {
  if (!thread_.joinable()) return;
  {
    const std::scoped_lock lock(mutex_);
    over_ = true;
  }
  changed_.notify_one();
  thread_.join();
}

void ProgressLine::draw_until_over() {
  const Clock::time_point start = Clock::now();
  bool drawn = false;
  std::unique_lock lock(mutex_);
  while (!changed_.wait_for(lock, redraw_ ? kRedraw : kPlainLine, [this] { return over_; })) {
    draw(std::chrono::duration<double>(Clock::now() - start).count());
    drawn = true;
  }
  if (drawn && redraw_) print_note(kClearLine);
}

void ProgressLine::draw(double elapsed_s) {
  const ProgressState state{progress_.records.load(std::memory_order_relaxed),
                            progress_.bytes.load(std::memory_order_relaxed),
                            progress_.input_share.load(std::memory_order_relaxed), elapsed_s};
  // The terminal may have another size by now.
  print_note(redraw_ ? std::string(kClearLine) + progress_bar(state, terminal_columns()) : progress_text(state) + "\n");
}

}  // namespace shardflow::app
