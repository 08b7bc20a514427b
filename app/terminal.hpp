// The terminal: answers on standard output, everything else on standard error.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "app/options.hpp"

namespace shardflow::app {

// Writes to standard output; throws IoError if that fails. Returns kOk.
int print_answer(std::string_view text);
// "shardflow: MESSAGE", one line, on standard error.
void print_error(std::string_view message);
// Text as it is, on standard error.
void print_note(std::string_view text);

// Whether to use colour on standard error: --color, then NO_COLOR, then whether it is a terminal.
bool use_color(When color);
bool is_terminal_stderr();
// Whether a line on it can be drawn again: a terminal that is not dumb.
bool can_redraw_stderr();
// Of the terminal on standard error, now; 80 where there is none, or it does not tell.
std::size_t terminal_columns();

// Back to the start of a line that has `drawn` columns, and the line cleared. Where the terminal is narrower than that
// by now, it has wrapped the line, and all of its rows are cleared.
std::string clear_line(std::size_t drawn, std::size_t columns);

// 5,000,000
std::string with_commas(std::uint64_t number);
// "5M", "200k", "1,234": a round number in its shortest form
std::string short_count(std::uint64_t number);
// "117.8 MB", three or four digits, powers of 1,000
std::string human_bytes(double bytes);
// "31.2 M", likewise
std::string human_count(double count);
// "40 s", "12 min", "3.5 h"
std::string human_seconds(double seconds);
std::string fixed(double number, int decimals);
// Two or three significant digits where it is small, none behind the point where it is large: 0.0051, 30.6, 15487.
std::string short_number(double number);
// "1 round", "7 rounds"
std::string plural(std::uint64_t number, const std::string& noun);
// ", 2 bad records skipped"; nothing where there are none.
std::string skipped_text(std::uint64_t records);
// `text` in a column of `width`: to the right, to the left.
std::string right(const std::string& text, std::size_t width);
std::string left(const std::string& text, std::size_t width);

}  // namespace shardflow::app
