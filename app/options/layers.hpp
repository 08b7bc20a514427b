// How options reach a command: a grammar, and the layers of values that are merged by it. For app/options/ alone.
#pragma once

#include <boost/program_options.hpp>
#include <cstdint>
#include <functional>
#include <map>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "app/options.hpp"

namespace shardflow::app {

namespace po = boost::program_options;
using Strings = std::vector<std::string>;

// Every option is a string (a list, a switch) until all layers are merged; then it is read once.
inline auto text() { return po::value<std::string>(); }
inline auto text(const std::string& preset_value) { return text()->default_value(preset_value); }

// One way in which options reach a command.
struct Grammar {
  std::string usage;  // stands before the list of options in --help
  po::options_description options;
  std::string positional;  // name of the option that takes the words without a dash
  int most_positional;     // -1: any number
};

// The merged layers, and which of them each value is from.
struct Merged {
  po::variables_map values;
  std::map<std::string, std::string> origin;
  Strings layers;  // their names, the one that comes first in front

  // The next layer below. Throws po::error.
  void add(const po::parsed_options& layer, const std::string& name);
  bool has(const std::string& name) const { return values.count(name) > 0; }
  std::string get(const std::string& name) const { return has(name) ? values[name].as<std::string>() : ""; }
  // A file's; empty where the option is not given. Throws UsageError where it is, and empty: a variable that was not
  // set.
  std::string file_name(const std::string& name) const;
  Strings list(const std::string& name) const { return has(name) ? values[name].as<Strings>() : Strings(); }
  bool on(const std::string& name) const { return values[name].as<bool>(); }

  // "--threads", "--threads (preset scaling)": where it was not the command line that said so, who did.
  std::string name_of(const std::string& option) const;
  bool is_from_command_line(const std::string& option) const;
  bool is_from_preset(const std::string& option) const;
  // Whether `option` is from a layer above that of `other`. REQUIRES: both are given.
  bool is_above(const std::string& option, const std::string& other) const;
};

// Command line, environment, config file and preset, in that precedence. Throws UsageError, po::error.
Merged merge(const Grammar& grammar, const Strings& arguments);

// A preset alone, whatever the other layers say. Throws UsageError where there is none of that name.
Merged preset_alone(const Grammar& grammar, const std::string& name);

// The answer to --help, --preset list and --print-config, where one of them was asked. Throws UsageError if a config
// file can't hold a value that it would show.
std::optional<std::string> answer(const Grammar& grammar, const Merged& merged);

// Reads one option's text with `read`, and names the option and its origin if that fails.
template <class Read>
auto read_option_text(const Merged& merged, const std::string& name, const std::string& text, Read&& read) {
  try {
    return read(text);
  } catch (const std::invalid_argument& error) {
    throw UsageError(merged.name_of(name) + ": " + error.what());
  }
}
template <class Read>
auto read_option(const Merged& merged, const std::string& name, Read&& read) {
  const std::string text = merged.get(name);
  return read_option_text(merged, name, text, [&](const std::string& one) {
    try {
      return read(one);
    } catch (const std::invalid_argument&) {
      if (text.find(',') == std::string::npos || !merged.is_from_preset(name)) throw;
      throw std::invalid_argument("'" + text + "' is a list: this preset is for 'shardflow sweep'");
    }
  });
}

// The numbers that an option may have, and how they are written.
template <class Number>
struct NumberRange {
  Number least;
  Number most;
  std::uint64_t (*read)(std::string_view);

  // Throws std::invalid_argument.
  Number of(const std::string& text) const {
    const std::uint64_t value = read(text);
    if (value >= least && value <= most) return static_cast<Number>(value);
    throw std::invalid_argument(text + " is not between " + std::to_string(least) + " and " + std::to_string(most));
  }
};

template <class Number>
Number number_within(const Merged& merged, const std::string& name, const NumberRange<Number>& range) {
  return read_option(merged, name, [&](const std::string& text) { return range.of(text); });
}

// Every option's value, and where it comes from, in the syntax of --config: what has none in it, the words without a
// dash, is left out.
std::string print_config(const Grammar& grammar, const Merged& merged);
// The environment's options that none on the command line overrode: "SHARDFLOW_THREADS=2".
Strings variables(const Merged& merged);

// What stands between commas. Throws UsageError where there is nothing.
Strings split_list(const Merged& merged, const std::string& name);

// A list with commas, each read by `read`.
template <class Read>
auto read_list(const Merged& merged, const std::string& name, Read&& read) {
  std::vector<decltype(read(std::string()))> values;
  for (const std::string& each : split_list(merged, name)) {
    values.push_back(read_option_text(merged, name, each, read));
  }
  return values;
}

TerminalOptions read_terminal(const Merged& merged);

// What is common to all commands: the questions that --help and its like answer, and Boost's complaints.
template <class Options>
Parsed<Options> parse(const Grammar& grammar, const Strings& arguments,
                      const std::function<void(const Merged&, Options&)>& read) try {
  const Merged merged = merge(grammar, arguments);
  Parsed<Options> parsed;
  parsed.terminal = read_terminal(merged);
  parsed.answer = answer(grammar, merged);
  parsed.variables = variables(merged);
  parsed.settings = print_config(grammar, merged);
  if (!parsed.answer) read(merged, parsed.options);
  return parsed;
} catch (const po::error& error) {
  throw UsageError(std::string(error.what()) + "; --help lists the options");
}

}  // namespace shardflow::app
