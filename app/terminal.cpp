#include "app/terminal.hpp"

#include <sys/ioctl.h>
#include <unistd.h>

#include <array>
#include <cmath>
#include <cstdio>
#include <cstdlib>

#include "app/commands.hpp"
#include "pipeline/errors.hpp"
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

void print_error(std::string_view message) {
  // A file's name may hold anything, and the message is to stay one line.
  std::string line = "shardflow: ";
  for (const char c : message) line += static_cast<unsigned char>(c) < ' ' ? excerpt({&c, 1}) : std::string(1, c);
  print_note(line + "\n");
}

void print_note(std::string_view text) { std::fwrite(text.data(), 1, text.size(), stderr); }

bool is_terminal_stderr() { return isatty(STDERR_FILENO) == 1; }

bool can_redraw_stderr() {
  const char* const kind = std::getenv("TERM");
  return is_terminal_stderr() && (kind == nullptr || std::string_view(kind) != "dumb");
}

std::string clear_line(std::size_t drawn, std::size_t columns) {
  if (drawn <= columns) return "\r\033[K";
  return "\r\033[" + std::to_string((drawn - 1) / columns) + "A\033[J";
}

std::size_t terminal_columns() {
  constexpr std::size_t kUsual = 80;
  winsize size{};
  return ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col : kUsual;
}

bool use_color(When color) {
  if (color != When::kAuto) return color == When::kAlways;
  const char* const refused = std::getenv("NO_COLOR");  // https://no-color.org: set and not empty
  return (refused == nullptr || *refused == '\0') && is_terminal_stderr();
}

std::string with_commas(std::uint64_t number) {
  std::string text = std::to_string(number);
  for (std::size_t at = text.size(); at > 3;) text.insert(at -= 3, 1, ',');
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

std::string short_count(std::uint64_t number) {
  if (number == 0 || number % 1000 != 0) return with_commas(number);
  return number % 1'000'000 == 0 ? with_commas(number / 1'000'000) + "M" : with_commas(number / 1000) + "k";
}

std::string human_seconds(double seconds) {
  if (seconds < 120) return fixed(seconds, 0) + " s";
  return seconds < 7200 ? fixed(seconds / 60, 0) + " min" : fixed(seconds / 3600, 1) + " h";
}

std::string short_number(double number) {
  if (number >= 99.95) return fixed(number, 0);
  if (number >= 9.995) return fixed(number, 1);
  if (number >= 0.0995 || number == 0) return fixed(number, 2);
  if (number >= 0.00001) return fixed(number, 1 - static_cast<int>(std::floor(std::log10(number))));
  std::array<char, 16> text;
  std::snprintf(text.data(), text.size(), "%.1e", number);
  return text.data();
}

std::string plural(std::uint64_t number, const std::string& noun) {
  return with_commas(number) + " " + noun + (number == 1 ? "" : "s");
}

std::string skipped_text(std::uint64_t records) {
  return records == 0 ? "" : ", " + plural(records, "bad record") + " skipped";
}

std::string right(const std::string& text, std::size_t width) {
  return std::string(text.size() < width ? width - text.size() : 0, ' ') + text;
}

std::string left(const std::string& text, std::size_t width) {
  return text + std::string(text.size() < width ? width - text.size() : 0, ' ');
}

}  // namespace shardflow::app
