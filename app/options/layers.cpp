#include "app/options/layers.hpp"

#include <algorithm>
#include <fstream>
#include <iterator>
#include <set>
#include <sstream>

#include "app/options/grammars.hpp"
#include "app/presets.hpp"
#include "pipeline/byte_order_mark.hpp"

namespace shardflow::app {
namespace {

constexpr const char* kCommandLine = "command line";

// A preset or a variable that another command uses is no mistake.
std::set<std::string> options_of_any_command() {
  std::set<std::string> names;
  for (const Grammar& grammar : {load_grammar(), compare_grammar(), sweep_grammar(), gate_grammar(), diff_grammar(),
                                 generate_grammar(), report_grammar()}) {
    for (const auto& option : grammar.options.options()) names.insert(option->long_name());
  }
  return names;
}

po::parsed_options only_known(po::parsed_options layer, const po::options_description& known,
                              const std::string& where) {
  const std::set<std::string> any_command = options_of_any_command();
  std::erase_if(layer.options, [&](const po::option& option) {
    if (known.find_nothrow(option.string_key, false) != nullptr) return false;
    if (any_command.contains(option.string_key)) return true;
    throw UsageError(where + ": '" + option.string_key + "' is no option");
  });
  for (po::option& option : layer.options) option.unregistered = false;
  return layer;
}

po::parsed_options parse_file(const std::string& path, const po::options_description& known) {
  std::ifstream in(path);
  in.peek();  // a folder opens, and fails only then
  if (!in.is_open() || in.bad()) throw UsageError(path + ": cannot be read");
  std::string text(std::istreambuf_iterator<char>(in), {});
  if (text.starts_with(kByteOrderMark)) text.erase(0, kByteOrderMark.size());
  std::istringstream settings(text);
  // Parsed without knowing any option and then filtered: Boost can't skip those of other commands alone.
  po::parsed_options raw = only_known(po::parse_config_file(settings, po::options_description(), true), known, path);
  std::ostringstream filtered;
  for (const po::option& option : raw.options) {
    for (const std::string& value : option.value) filtered << option.string_key << '=' << value << '\n';
  }
  std::istringstream again(filtered.str());
  return po::parse_config_file(again, known);
}

// What Boost has against them, with the file's name.
void add_file(const std::string& path, const std::string& name, const po::options_description& known,
              Merged& merged) try {
  merged.add(parse_file(path, known), name);
} catch (const po::error& error) {
  throw UsageError(path + ": " + error.what());
}

void add_preset(const std::string& name, const po::options_description& known, Merged& merged) {
  add_file(preset_file(name), "preset " + name, known, merged);
}

// SHARDFLOW_BLOCK_SIZE is --block-size.
std::string option_of_variable(const std::string& variable, const po::options_description& known) {
  constexpr std::string_view kPrefix = "SHARDFLOW_";
  if (!variable.starts_with(kPrefix)) return "";
  std::string name = variable.substr(kPrefix.size());
  std::ranges::transform(name, name.begin(), [](char c) {
    return c == '_' ? '-' : static_cast<char>(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
  });
  return known.find_nothrow(name, false) == nullptr ? "" : name;
}

std::string shown(const po::variable_value& value) {
  if (const auto* const text = boost::any_cast<std::string>(&value.value())) return *text;
  if (const auto* const flag = boost::any_cast<bool>(&value.value())) return *flag ? "true" : "false";
  return "";
}

Strings values_of(const Merged& merged, const std::string& option) {
  const po::variable_value& value = merged.values[option];
  return value.value().type() == typeid(Strings) ? merged.list(option) : Strings{shown(value)};
}

// Whether --print-config shows it: an option that is not about the options themselves.
bool is_setting(const Grammar& grammar, const std::string& name) {
  return name != grammar.positional && name != "print-config" && name != "help" && name != "preset" && name != "config";
}

// A '#' begins a comment there, wherever it stands, and blanks about a value are dropped.
bool config_holds(const std::string& value) {
  constexpr std::string_view kBlanks = " \t\r";
  if (value.empty()) return true;
  return value.find_first_of("#\n") == std::string::npos && kBlanks.find(value.front()) == std::string::npos &&
         kBlanks.find(value.back()) == std::string::npos;
}

void check_config_holds(const Grammar& grammar, const Merged& merged) {
  for (const auto& [name, value] : merged.values) {
    if (!is_setting(grammar, name)) continue;
    for (const std::string& each : values_of(merged, name)) {
      if (config_holds(each)) continue;
      throw UsageError(merged.name_of(name) + ": a config file can't hold '" + each +
                       "': no '#', no line end, and no blank at either end");
    }
  }
}

// Boost leaves blanks at the end of lines that it wrapped.
std::string help(const Grammar& grammar) {
  std::ostringstream text;
  text << grammar.usage << grammar.options;
  std::istringstream lines(text.str());
  std::string trimmed;
  for (std::string line; std::getline(lines, line);) {
    trimmed += line.substr(0, line.find_last_not_of(' ') + 1) + "\n";
  }
  return trimmed;
}

std::string variable_of_option(std::string option) {
  std::ranges::transform(option, option.begin(), [](char c) {
    return c == '-' ? '_' : static_cast<char>(c >= 'a' && c <= 'z' ? c - 'a' + 'A' : c);
  });
  return "SHARDFLOW_" + option;
}

When read_when(const Merged& merged, const std::string& name) {
  return read_option(merged, name, [](const std::string& text) {
    if (text == "auto") return When::kAuto;
    if (text == "always") return When::kAlways;
    if (text == "never") return When::kNever;
    throw std::invalid_argument("'" + text + "' is none of auto, always and never");
  });
}

}  // namespace

Merged merge(const Grammar& grammar, const Strings& arguments) {
  po::options_description known = grammar.options;
  po::options_description hidden;
  hidden.add_options()(grammar.positional.c_str(), po::value<Strings>());
  po::options_description with_positional;
  with_positional.add(known).add(hidden);
  po::positional_options_description positional;
  positional.add(grammar.positional.c_str(), grammar.most_positional);

  Merged merged;
  const int style = po::command_line_style::unix_style & ~po::command_line_style::allow_guessing;
  merged.add(po::command_line_parser(arguments).options(with_positional).positional(positional).style(style).run(),
             kCommandLine);
  merged.add(po::parse_environment(known, [&](const std::string& name) { return option_of_variable(name, known); }),
             "environment");
  if (merged.has("config")) add_file(merged.file_name("config"), merged.get("config"), known, merged);
  if (merged.has("preset") && merged.get("preset") != "list") add_preset(merged.get("preset"), known, merged);
  return merged;
}

void Merged::add(const po::parsed_options& layer, const std::string& name) {
  layers.push_back(name);
  po::store(layer, values);
  for (const auto& [option, value] : values) {
    if (!value.defaulted()) origin.emplace(option, name);
  }
}

Merged preset_alone(const Grammar& grammar, const std::string& name) {
  Merged merged;
  add_preset(name, grammar.options, merged);
  return merged;
}

std::string Merged::name_of(const std::string& option) const {
  const auto from = origin.find(option);
  const bool said = from == origin.end() || is_from_command_line(option);
  return "--" + option + (said ? "" : " (" + from->second + ")");
}

std::string Merged::file_name(const std::string& name) const {
  const std::string file = get(name);
  if (file.empty() && has(name)) throw UsageError(name_of(name) + ": the file's name is empty");
  return file;
}

bool Merged::is_from_command_line(const std::string& option) const {
  const auto from = origin.find(option);
  return from != origin.end() && from->second == kCommandLine;
}

bool Merged::is_from_preset(const std::string& option) const {
  const auto from = origin.find(option);
  return from != origin.end() && from->second.starts_with("preset ");
}

bool Merged::is_above(const std::string& option, const std::string& other) const {
  return std::ranges::find(layers, origin.at(option)) < std::ranges::find(layers, origin.at(other));
}

std::string print_config(const Grammar& grammar, const Merged& merged) {
  std::string config;
  for (const auto& [name, value] : merged.values) {
    if (!is_setting(grammar, name)) continue;
    const auto origin = merged.origin.find(name);
    const std::string from = origin == merged.origin.end() ? "default" : origin->second;
    for (const std::string& each : values_of(merged, name)) {
      const std::string setting = name + " = " + each;
      config += setting + std::string(setting.size() < 40 ? 40 - setting.size() : 1, ' ') + "# " + from + "\n";
    }
  }
  return config;
}

Strings variables(const Merged& merged) {
  Strings found;
  for (const auto& [option, from] : merged.origin) {
    if (from != "environment") continue;
    for (const std::string& value : values_of(merged, option))
      found.push_back(variable_of_option(option) + "=" + value);
  }
  return found;
}

std::optional<std::string> answer(const Grammar& grammar, const Merged& merged) {
  if (merged.on("help")) return help(grammar);
  if (merged.get("preset") == "list") return preset_list();
  if (merged.on("print-config")) {
    check_config_holds(grammar, merged);
    return print_config(grammar, merged);
  }
  return std::nullopt;
}

Strings split_list(const Merged& merged, const std::string& name) {
  Strings values;
  std::istringstream list(merged.get(name));
  for (std::string each; std::getline(list, each, ',');) values.push_back(each);
  if (values.empty()) throw UsageError("--" + name + ": the list is empty");
  return values;
}

TerminalOptions read_terminal(const Merged& merged) {
  return {read_when(merged, "color"), read_when(merged, "progress"), merged.on("quiet"), merged.on("verbose")};
}

}  // namespace shardflow::app
