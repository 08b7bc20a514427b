#include "app/notes.hpp"

#include "app/terminal.hpp"

namespace shardflow::app {

Notes::Notes(const TerminalOptions& terminal)
    : redraw_(can_redraw_stderr()),
      wanted_(!terminal.quiet &&
              (terminal.progress == When::kAlways || (terminal.progress == When::kAuto && is_terminal_stderr()))) {}

Notes::~Notes() {
  if (drawn_ > 0) print_note(clear_line(drawn_, terminal_columns()));
}

void Notes::show(const std::string& text) {
  if (!wanted_) return;
  if (!redraw_) return print_note(text + "\n");
  const std::size_t columns = terminal_columns();
  const std::string line = text.substr(0, columns - 1);
  print_note(clear_line(drawn_, columns) + line);
  drawn_ = line.size();
}

}  // namespace shardflow::app
