#include "app/terminal.hpp"

#include <unistd.h>

#include <array>
#include <cstdio>
#include <cstdlib>

#include "app/commands.hpp"
#include "pipeline/output/sink.hpp"

namespace shardflow::app {
namespace {

std::string scaled(double number, std::string_view unit) {
  static constexpr std::array<std::string_view, 5> kPrefixes{"", "k", "M", "G", "T"};
  std::size_t prefix = 0;
  for (; number >= 1000 && prefix + 1 < kPrefixes.size(); ++prefix) number /= 1000;
  return fixed(number, prefix == 0 ? 0 : 1) + " " + std::string(kPrefixes[prefix]) + std::string(unit);
}

}  // namespace

int print_answer(std::string_view text) {
  open_sink("-", nullptr)->write(text);
  return kOk;
}

void print_error(std::string_view message) { print_note("shardflow: " + std::string(message) + "\n"); }

void print_note(std::string_view text) { std::fwrite(text.data(), 1, text.size(), stderr); }

bool is_terminal_stderr() { return isatty(STDERR_FILENO) == 1; }

bool use_color(When color) {
  if (color != When::kAuto) return color == When::kAlways;
  const char* const refused = std::getenv("NO_COLOR");  // https://no-color.org: set and not empty
  return (refused == nullptr || *refused == '\0') && is_terminal_stderr();
}

std::string with_commas(std::uint64_t number) {
  std::string text = std::to_string(number);
  for (std::size_t at = text.size(); at > 3;) text.insert(at -= 3, ",");
  return text;
}

std::string human_bytes(double bytes) { return scaled(bytes, "B"); }
std::string human_count(double count) {
  std::string text = scaled(count, "");
  if (text.ends_with(' ')) text.pop_back();
  return text;
}

std::string fixed(double number, int decimals) {
  std::array<char, 64> text;
  std::snprintf(text.data(), text.size(), "%.*f", decimals, number);
  return text.data();
}

}  // namespace shardflow::app
