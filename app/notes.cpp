#include "app/notes.hpp"

#include "app/terminal.hpp"

namespace shardflow::app {

Notes::Notes(const TerminalOptions& terminal)
    : redraw_(is_terminal_stderr()),
      wanted_(!terminal.quiet &&
              (terminal.progress == When::kAlways || (terminal.progress == When::kAuto && redraw_))) {}

Notes::~Notes() {
  if (shown_ && redraw_) print_note(kClearLine);
}

void Notes::show(const std::string& text) {
  if (!wanted_) return;
  print_note(redraw_ ? std::string(kClearLine) + text.substr(0, terminal_columns() - 1) : text + "\n");
  shown_ = true;
}

}  // namespace shardflow::app
