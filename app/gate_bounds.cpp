#include "app/gate_bounds.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <set>
#include <sstream>
#include <stdexcept>

#include "app/terminal.hpp"
#include "pipeline/mode/mode.hpp"
#include "pipeline/quantity.hpp"

namespace shardflow::app {
namespace {

// Between runners of one make, ratios differed by 35 % (what else ran on the cores' other threads); and the file is to
// be updated when the program gets faster, not when it gets a new runner.
constexpr double kMargin = 1.5;
// What a switch between threads costs, and a lock that is contended, differs more: a message, a task or a thread a
// record spends its time there.
constexpr double kSwitchingMargin = 2;
constexpr std::array<std::string_view, 4> kSwitching{"channel", "tasks", "threads", "flow-record"};

// A flow that serial would beat is no use, however noisy the runner.
constexpr std::string_view kSerial = "serial";
constexpr double kMostOverSerial = 0.99;

constexpr std::string_view kFlowOver = "flow/";

std::string trimmed(const std::string& text) {
  const std::size_t first = text.find_first_not_of(" \t\r");
  if (first == std::string::npos) return "";
  return text.substr(first, text.find_last_not_of(" \t\r") - first + 1);
}

// "0.02 to 0.1"
Range parse_range(const std::string& text) {
  std::istringstream words(text);
  Range range;
  std::string to;
  std::string rest;
  if (!(words >> range.low >> to >> range.high) || to != "to" || words >> rest || range.low <= 0 ||
      range.high <= range.low) {
    throw std::invalid_argument("'" + text + "' is not 'LOW to HIGH' with 0 < LOW < HIGH");
  }
  return range;
}

bool is_comparable(const std::string& mode) { return mode == kFloor || find_mode(mode) != nullptr; }

void read_setting(const std::string& name, const std::string& value, GateBounds& bounds) {
  if (name == "input") {
    SyntheticSpec::parse(value);
    bounds.input = value;
  } else if (name == "threads") {
    bounds.threads = static_cast<std::uint32_t>(std::min<std::uint64_t>(parse_count(value), 4096));
  } else if (name.starts_with(kFlowOver) && is_comparable(name.substr(kFlowOver.size()))) {
    bounds.modes.push_back({name.substr(kFlowOver.size()), parse_range(value)});
  } else {
    throw std::invalid_argument("'" + name + "' is none of input, threads, flow/MODE and flow/floor");
  }
}

// Up or down to two digits that count.
double rounded(double number, double (*round)(double)) {
  const double unit = std::pow(10, std::floor(std::log10(number)) - 1);
  return round(number / unit) * unit;
}

std::string number_text(double number) {
  std::ostringstream text;
  text.precision(3);
  text << number;
  return text.str();
}

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  return lines;
}

std::string name_of(const std::string& line) { return line.substr(0, line.find('=')); }

std::vector<std::string>::const_iterator same_name(const std::vector<std::string>& lines, const std::string& line) {
  return std::ranges::find_if(lines, [&](const std::string& other) { return name_of(other) == name_of(line); });
}

}  // namespace

GateBounds parse_gate_bounds(const std::string& text) {
  GateBounds bounds;
  std::set<std::string> names;
  std::size_t number = 0;
  for (const std::string& line : lines_of(text)) {
    ++number;
    const std::string setting = trimmed(line.substr(0, line.find('#')));
    if (setting.empty()) continue;
    const std::size_t equals = setting.find(" = ");
    try {
      if (equals == std::string::npos) throw std::invalid_argument("'" + setting + "' is not 'NAME = VALUE'");
      const std::string name = trimmed(setting.substr(0, equals));
      if (!names.insert(name).second) throw std::invalid_argument("'" + name + "' was given before");
      read_setting(name, trimmed(setting.substr(equals + 3)), bounds);
    } catch (const std::invalid_argument& error) {
      throw std::invalid_argument("line " + std::to_string(number) + ": " + error.what());
    }
  }
  if (bounds.input.empty() || bounds.threads == 0 || bounds.modes.empty()) {
    throw std::invalid_argument("one of input, threads and flow/MODE is missing");
  }
  return bounds;
}

std::string gate_bounds_text(const GateBounds& bounds) {
  std::string text =
      "# What `shardflow gate` holds this build against: flow's time per record over another mode's, and over the\n"
      "# floor, on the same input. Times change with the runner, these ratios hardly do. Below a range is as "
      "remarkable\n"
      "# as above it: either flow gained, or the other side lost. `shardflow gate --update` measures and writes them "
      "anew.\n";
  text += "input = " + bounds.input + "\nthreads = " + std::to_string(bounds.threads) + "\n";
  for (const ModeBound& bound : bounds.modes) {
    text += std::string(kFlowOver) + bound.mode + " = " + number_text(bound.allowed.low) + " to " +
            number_text(bound.allowed.high) + "\n";
  }
  return text;
}

Range range_around(std::string_view mode, const Interval& interval) {
  const bool switching = std::ranges::find(kSwitching, mode) != kSwitching.end();
  const double margin = switching ? kSwitchingMargin : kMargin;
  Range range{rounded(interval.low / margin, std::floor), rounded(interval.high * margin, std::ceil)};
  if (mode == kSerial && interval.high < kMostOverSerial) range.high = std::min(range.high, kMostOverSerial);
  return range;
}

std::string bounds_difference(const std::string& before, const std::string& after) {
  const std::vector<std::string> old_lines = lines_of(before);
  const std::vector<std::string> new_lines = lines_of(after);
  std::string text;
  for (const std::string& line : new_lines) {
    const auto old = same_name(old_lines, line);
    if (old != old_lines.end() && *old == line) {
      text += "  " + line + "\n";
      continue;
    }
    if (old != old_lines.end()) text += "- " + *old + "\n";
    text += "+ " + line + "\n";
  }
  for (const std::string& line : old_lines) {
    if (same_name(new_lines, line) == new_lines.end()) text += "- " + line + "\n";
  }
  return text;
}

}  // namespace shardflow::app
