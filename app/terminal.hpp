// The terminal: answers on standard output, everything else on standard error.
#pragma once

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

// 5,000,000
std::string with_commas(std::uint64_t number);
// "117.8 MB", three or four digits, powers of 1,000
std::string human_bytes(double bytes);
// "31.2 M", likewise
std::string human_count(double count);
std::string fixed(double number, int decimals);

}  // namespace shardflow::app
