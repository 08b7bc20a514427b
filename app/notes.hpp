// What a long measurement is at, on standard error.
#pragma once

#include <cstddef>
#include <string>

#include "app/options.hpp"

namespace shardflow::app {

// On a terminal one line, redrawn, and in the end removed; with --progress always and no terminal, a line a note.
class Notes {
 public:
  explicit Notes(const TerminalOptions& terminal);
  ~Notes();
  Notes(const Notes&) = delete;
  Notes& operator=(const Notes&) = delete;

  // Cut to the terminal's width where it is redrawn: a longer one would wrap and stay.
  void show(const std::string& text);

 private:
  const bool redraw_;
  const bool wanted_;
  std::size_t drawn_ = 0;  // columns of the last note, where it is redrawn
};

}  // namespace shardflow::app
