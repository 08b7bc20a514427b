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

ProgressLine::ProgressLine(const TerminalOptions& terminal, const Progress& progress, std::string_view phase)
    : progress_(progress), phase_(phase), redraw_(can_redraw_stderr()) {
  const bool wanted = terminal.progress == When::kAlways || (terminal.progress == When::kAuto && is_terminal_stderr());
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
  std::unique_lock lock(mutex_);
  while (!changed_.wait_for(lock, redraw_ ? kRedraw : kPlainLine, [this] { return over_; })) {
    draw(std::chrono::duration<double>(Clock::now() - start).count());
  }
  if (drawn_ > 0) print_note(clear_line(drawn_, terminal_columns()));
}

void ProgressLine::draw(double elapsed_s) {
  const ProgressState state{progress_.records.load(std::memory_order_relaxed),
                            progress_.bytes.load(std::memory_order_relaxed),
                            progress_.input_share.load(std::memory_order_relaxed), elapsed_s, phase_};
  if (!redraw_) return print_note(progress_text(state) + "\n");
  // The terminal may have another size by now.
  const std::size_t columns = terminal_columns();
  const std::string line = progress_bar(state, columns);
  print_note(clear_line(drawn_, columns) + line);
  drawn_ = line.size();
}

}  // namespace shardflow::app
