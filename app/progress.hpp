// How far a run is, on standard error, while it runs.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <string_view>
#include <thread>

#include "app/options.hpp"
#include "pipeline/mode/mode.hpp"

namespace shardflow::app {

// From construction to destruction: on a terminal one line that is redrawn and in the end removed; with
// --progress always and no terminal, a plain line every two seconds.
class ProgressLine {
 public:
  // `phase` says what it is that is in progress; empty: the reading. Both must outlive it.
  ProgressLine(const TerminalOptions& terminal, const Progress& progress, std::string_view phase = "");
  ~ProgressLine();
  ProgressLine(const ProgressLine&) = delete;
  ProgressLine& operator=(const ProgressLine&) = delete;

 private:
  void draw_until_over();
  void draw(double elapsed_s);

  const Progress& progress_;
  const std::string_view phase_;
  const bool redraw_;
  std::size_t drawn_ = 0;  // columns of the line on the terminal
  std::mutex mutex_;
  std::condition_variable changed_;
  bool over_ = false;
  std::thread thread_;
};

}  // namespace shardflow::app
