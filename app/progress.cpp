#include "app/progress.hpp"

#include <chrono>
#include <string>

#include "app/terminal.hpp"

namespace shardflow::app {
namespace {

using Clock = std::chrono::steady_clock;

// Runs that are over sooner show nothing; five redraws a second are enough to see it move.
constexpr std::chrono::milliseconds kRedraw{200};
constexpr std::chrono::milliseconds kPlainLine{2000};

}  // namespace

ProgressLine::ProgressLine(const TerminalOptions& terminal, const Progress& progress, std::uint64_t total_bytes)
    : progress_(progress), total_bytes_(total_bytes), redraw_(is_terminal_stderr()) {
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

// Shorter than 80 columns in every case.
void ProgressLine::draw(double elapsed_s) {
  const auto bytes = static_cast<double>(progress_.bytes.load(std::memory_order_relaxed));
  const auto records = static_cast<double>(progress_.records.load(std::memory_order_relaxed));
  std::string line =
      human_count(records) + " records, " + human_bytes(bytes) + ", " + human_count(records / elapsed_s) + " records/s";
  if (total_bytes_ > 0 && bytes > 0) {
    const double share = std::min(1.0, bytes / static_cast<double>(total_bytes_));
    line = fixed(100 * share, 0) + " %: " + line + ", " + fixed(elapsed_s / share - elapsed_s, 0) + " s left";
  }
  print_note(redraw_ ? std::string(kClearLine) + line : line + "\n");
}

}  // namespace shardflow::app
