#include "app/options.hpp"

#include <algorithm>
#include <boost/program_options.hpp>
#include <fstream>
#include <functional>
#include <limits>
#include <map>
#include <sstream>
#include <type_traits>

#include "app/presets.hpp"
#include "pipeline/machine.hpp"
#include "pipeline/quantity.hpp"

namespace shardflow::app {
namespace {

namespace po = boost::program_options;
using Strings = std::vector<std::string>;

// Every option is a string (a list, a switch) until all layers are merged; then it is read once.
auto text() { return po::value<std::string>(); }
auto text(const std::string& preset_value) { return text()->default_value(preset_value); }

po::options_description general_options() {
  po::options_description options("General");
  auto add = options.add_options();
  add("help,h", "show this and exit");
  add("preset", text()->value_name("NAME"), "options from a named preset; 'list' shows them");
  add("config", text()->value_name("FILE"), "options from a file: one 'name = value' a line");
  add("print-config", po::bool_switch(), "show every option's value and where it comes from");
  add("color", text("auto")->value_name("WHEN"), "auto, always or never; NO_COLOR means never");
  add("progress", text("auto")->value_name("WHEN"), "auto (on a terminal), always or never");
  add("quiet,q", po::bool_switch(), "no statistics, no progress");
  add("verbose,v", po::bool_switch(), "more statistics: each shard's records and memory");
  return options;
}

po::options_description input_options() {
  po::options_description options("Input");
  auto add = options.add_options();
  add("synthetic", text()->value_name("SPEC"), "made-up records in place of files; see 'generate --help'");
  add("max-record", text("64MiB")->value_name("SIZE"), "a longer line is bad input");
  add("records", text()->value_name("N"), "read the first N records only");
  return options;
}

std::string mode_names() {
  std::string names;
  for (const Mode& mode : modes()) names += (names.empty() ? "" : ", ") + std::string(mode.name);
  return names;
}

po::options_description mode_option() {
  po::options_description options("Mode");
  options.add_options()("mode", text(std::string(modes().front().name))->value_name("MODE"),
                        ("how: " + mode_names()).c_str());
  return options;
}

po::options_description run_options() {
  const RunOptions defaults;
  const std::uint32_t cores = logical_cores();
  po::options_description options("Run");
  auto add = options.add_options();
  add("threads", text(std::to_string(cores))->value_name("N"), "threads; default: the cores this process may use");
  add("shards", text(std::to_string(4 * cores))->value_name("N"), "parts of the store; default: 4 a core");
  add("block-size", text(format_bytes(defaults.block_bytes))->value_name("SIZE"), "input text per block");
  add("blocks", text(std::to_string(std::max<std::size_t>(defaults.blocks, 4 * cores)))->value_name("N"),
      "blocks in flight");
  add("workers", text()->value_name("N"), "of channel: threads that write; default: --threads");
  add("capacity", text(std::to_string(defaults.capacity))->value_name("N"),
      "of channel and flow-record: records that wait; or 'unbounded'");
  add("max-threads", text(std::to_string(defaults.max_threads))->value_name("N"), "of threads: alive at once");
  add("max-memory", text()->value_name("SIZE"), "refuse to grow beyond; default: what the system allows");
  return options;
}

po::options_description result_options() {
  po::options_description options("Result");
  auto add = options.add_options();
  add("output,o", text()->value_name("FILE"), "write the final map as TSV; '-' is standard output");
  add("sort", po::bool_switch(), "order --output by key bytes");
  add("get", po::value<Strings>()->value_name("KEY")->composing(), "print a key's value; may be repeated");
  add("digest", po::bool_switch(), "also tell the map's digest: equal maps, equal digests");
  add("check", po::bool_switch(), "read the files again, and fail if a key has a value that none gave it");
  return options;
}

po::options_description stats_option(const char* description) {
  po::options_description options("Statistics");
  options.add_options()("stats", text("text")->value_name("FORMAT"), description);
  return options;
}

po::options_description compare_options() {
  po::options_description options("Comparison");
  auto add = options.add_options();
  add("modes", text("all")->value_name("LIST"),
      ("with commas, the one to compare with first: " + mode_names()).c_str());
  add("rounds", text("auto")->value_name("N"), "runs of each mode; auto: until speed-ups are within 5 %");
  add("max-time", text("300")->value_name("SECONDS"), "with --rounds auto, no new round after this");
  add("slow-records", text("100k")->value_name("N"), "where a run would take over 10 s, on the first N records");
  add("seed", text("1")->value_name("N"), "of the order in which the modes take turns");
  return options;
}

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

  void add(const po::parsed_options& layer, const std::string& name) {
    po::store(layer, values);
    for (const auto& [option, value] : values) {
      if (!value.defaulted()) origin.emplace(option, name);
    }
  }
  bool has(const std::string& name) const { return values.count(name) > 0; }
  std::string get(const std::string& name) const { return has(name) ? values[name].as<std::string>() : ""; }
  Strings list(const std::string& name) const { return has(name) ? values[name].as<Strings>() : Strings(); }
  bool on(const std::string& name) const { return values[name].as<bool>(); }
};

// Options of any command: a preset or a variable that another command uses is no mistake.
po::options_description all_options() {
  po::options_description all;
  all.add(general_options()).add(input_options()).add(mode_option()).add(run_options()).add(result_options());
  all.add(stats_option("")).add(compare_options());
  return all;
}

po::parsed_options only_known(po::parsed_options layer, const po::options_description& known,
                              const std::string& where) {
  const po::options_description any_command = all_options();
  std::erase_if(layer.options, [&](const po::option& option) {
    if (known.find_nothrow(option.string_key, false) != nullptr) return false;
    if (any_command.find_nothrow(option.string_key, false) != nullptr) return true;
    throw UsageError(where + ": '" + option.string_key + "' is no option");
  });
  for (po::option& option : layer.options) option.unregistered = false;
  return layer;
}

po::parsed_options parse_file(const std::string& path, const po::options_description& known) {
  std::ifstream in(path);
  if (!in) throw UsageError(path + ": cannot be read");
  // Parsed without knowing any option and then filtered: Boost can't skip those of other commands alone.
  po::parsed_options raw = only_known(po::parse_config_file(in, po::options_description(), true), known, path);
  std::ostringstream filtered;
  for (const po::option& option : raw.options) {
    for (const std::string& value : option.value) filtered << option.string_key << '=' << value << '\n';
  }
  std::istringstream again(filtered.str());
  return po::parse_config_file(again, known);
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
             "command line");
  merged.add(po::parse_environment(known, [&](const std::string& name) { return option_of_variable(name, known); }),
             "environment");
  if (merged.has("config")) merged.add(parse_file(merged.get("config"), known), merged.get("config"));
  if (merged.has("preset") && merged.get("preset") != "list") {
    merged.add(parse_file(preset_file(merged.get("preset")), known), "preset " + merged.get("preset"));
  }
  return merged;
}

std::string shown(const po::variable_value& value) {
  if (const auto* const text = boost::any_cast<std::string>(&value.value())) return *text;
  if (const auto* const flag = boost::any_cast<bool>(&value.value())) return *flag ? "true" : "false";
  return "";
}

// In the syntax of --config, so that it can be kept and given again.
std::string print_config(const Merged& merged) {
  std::string config;
  for (const auto& [name, value] : merged.values) {
    if (name == "print-config" || name == "help" || name == "preset" || name == "config" || name == "file") continue;
    const auto origin = merged.origin.find(name);
    const std::string from = origin == merged.origin.end() ? "default" : origin->second;
    Strings values = merged.values[name].value().type() == typeid(Strings) ? merged.list(name) : Strings{shown(value)};
    for (const std::string& each : values) {
      const std::string setting = name + " = " + each;
      config += setting + std::string(setting.size() < 40 ? 40 - setting.size() : 1, ' ') + "# " + from + "\n";
    }
  }
  return config;
}

std::string help(const Grammar& grammar) {
  std::ostringstream text;
  text << grammar.usage << '\n' << grammar.options;
  return text.str();
}

// Reads one option's text with `read`, and names the option if that fails.
template <class Read>
auto read_option(const Merged& merged, const std::string& name, Read&& read) {
  try {
    return read(merged.get(name));
  } catch (const std::invalid_argument& error) {
    throw UsageError("--" + name + ": " + error.what());
  }
}

template <class Number>
Number number_within(const Merged& merged, const std::string& name, Number least, Number most,
                     std::uint64_t (*read)(std::string_view)) {
  const std::uint64_t value = read_option(merged, name, read);
  if (value >= least && value <= most) return static_cast<Number>(value);
  throw UsageError("--" + name + ": " + merged.get(name) + " is not between " + std::to_string(least) + " and " +
                   std::to_string(most));
}

When read_when(const Merged& merged, const std::string& name) {
  return read_option(merged, name, [](const std::string& text) {
    if (text == "auto") return When::kAuto;
    if (text == "always") return When::kAlways;
    if (text == "never") return When::kNever;
    throw std::invalid_argument("'" + text + "' is none of auto, always and never");
  });
}

StatsFormat read_stats(const Merged& merged) {
  return read_option(merged, "stats", [](const std::string& text) {
    if (text == "text") return StatsFormat::kText;
    if (text == "json") return StatsFormat::kJson;
    throw std::invalid_argument("'" + text + "' is neither text nor json");
  });
}

const Mode* read_mode(const Merged& merged) {
  const std::string name = merged.get("mode");
  if (const Mode* const mode = find_mode(name)) return mode;
  throw UsageError("--mode: '" + name + "' is no mode; there are " + mode_names());
}

// "all" begins with what people try first, so that speed-ups are against that.
std::vector<const Mode*> read_modes(const Merged& merged) {
  std::vector<const Mode*> chosen;
  if (merged.get("modes") == "all") {
    for (const Mode& mode : modes()) chosen.insert(chosen.begin(), &mode);
    return chosen;
  }
  std::istringstream names(merged.get("modes"));
  for (std::string name; std::getline(names, name, ',');) {
    const Mode* const mode = find_mode(name);
    if (mode == nullptr) throw UsageError("--modes: '" + name + "' is no mode; there are " + mode_names());
    chosen.push_back(mode);
  }
  if (chosen.empty()) throw UsageError("--modes: name at least one of " + mode_names());
  return chosen;
}

constexpr std::uint32_t kMostThreads = 4096;
constexpr std::uint32_t kMostShards = 65536;
constexpr std::size_t kMostBlocks = 65536;
constexpr std::size_t kMostCapacity = std::size_t{1} << 30;

void read_run_options(const Merged& merged, LoadOptions& options) {
  options.run.threads = number_within<std::uint32_t>(merged, "threads", 1, kMostThreads, parse_count);
  options.shards = number_within<std::uint32_t>(merged, "shards", 1, kMostShards, parse_count);
  options.run.block_bytes = number_within<std::size_t>(merged, "block-size", 1, kMaxBlockBytes / 2, parse_bytes);
  options.run.blocks = number_within<std::size_t>(merged, "blocks", 2, kMostBlocks, parse_count);
  options.run.max_record_bytes = number_within<std::uint32_t>(merged, "max-record", 1, kMaxBlockBytes / 2, parse_bytes);
  if (merged.has("workers")) {
    options.run.workers = number_within<std::uint32_t>(merged, "workers", 1, kMostThreads, parse_count);
  }
  options.run.capacity = merged.get("capacity") == "unbounded"
                             ? 0
                             : number_within<std::size_t>(merged, "capacity", 1, kMostCapacity, parse_count);
  options.run.max_threads = number_within<std::size_t>(merged, "max-threads", 1, kMostThreads, parse_count);
  options.max_memory_bytes =
      merged.has("max-memory") ? read_option(merged, "max-memory", parse_bytes) : memory_limit_bytes();
}

void read_input(const Merged& merged, LoadOptions& options) {
  options.files = merged.list("file");
  if (merged.has("records")) options.records = read_option(merged, "records", parse_count);
  if (merged.has("synthetic")) options.synthetic = read_option(merged, "synthetic", SyntheticSpec::parse);
  if (merged.origin.contains("file") && options.synthetic) {
    // Files on the command line beat a preset's synthetic input, but not one beside them.
    if (merged.origin.at("synthetic") == "command line") throw UsageError("give files or --synthetic, not both");
    options.synthetic.reset();
  }
  if (options.files.empty() && !options.synthetic) {
    throw UsageError("no input: name one or more files, '-' for standard input, or --synthetic SPEC");
  }
  if (std::ranges::count(options.files, "-") > 1) throw UsageError("'-' can be read once only");
}

TerminalOptions read_terminal(const Merged& merged) {
  return {read_when(merged, "color"), read_when(merged, "progress"), merged.on("quiet"), merged.on("verbose")};
}

// What is common to all commands: the questions that --help and its like answer, and Boost's complaints.
template <class Options>
Parsed<Options> parse(const Grammar& grammar, const Strings& arguments,
                      const std::function<void(const Merged&, Options&)>& read) try {
  const Merged merged = merge(grammar, arguments);
  Parsed<Options> parsed;
  parsed.terminal = read_terminal(merged);
  if (merged.has("help")) {
    parsed.answer = help(grammar);
  } else if (merged.get("preset") == "list") {
    parsed.answer = preset_list();
  } else if (merged.on("print-config")) {
    parsed.answer = print_config(merged);
  } else {
    read(merged, parsed.options);
  }
  return parsed;
} catch (const po::error& error) {
  throw UsageError(std::string(error.what()) + "; --help lists the options");
}

Grammar load_grammar() {
  Grammar grammar{
      "usage: shardflow load [options] FILE...\n\n"
      "Reads files of lines KEY<TAB>VALUE, in the order given ('-' is standard input),\n"
      "and keeps the last value of each key.\n\n"
      "  shardflow load events.tsv --output last.tsv --sort\n"
      "  producer | shardflow load - --get user:17\n\n"
      "Every option can be a variable (SHARDFLOW_BLOCK_SIZE=1MiB), or a line of a\n"
      "--config file or of a --preset; the command line comes first, then these in this\n"
      "order. Sizes are written like 64MiB, counts like 5M.\n",
      {},
      "file",
      -1};
  grammar.options.add(input_options())
      .add(result_options())
      .add(stats_option("statistics on standard error: text or json"));
  grammar.options.add(mode_option()).add(run_options()).add(general_options());
  return grammar;
}

Grammar compare_grammar() {
  Grammar grammar{
      "usage: shardflow compare [options] FILE...\n\n"
      "Runs modes over the same input, each in a process of its own, in turn and in\n"
      "shuffled order, checks that they end in the same map, and shows what each record\n"
      "cost. The table goes to standard output.\n\n"
      "  shardflow compare events.tsv --modes channel,tasks,flow\n"
      "  shardflow compare --preset seed-5m\n",
      {},
      "file",
      -1};
  grammar.options.add(input_options()).add(compare_options()).add(stats_option("the result as text or json"));
  grammar.options.add(run_options()).add(general_options());
  return grammar;
}

Grammar generate_grammar() {
  Grammar grammar{
      "usage: shardflow generate [options] SPEC\n\n"
      "Writes made-up records as TSV. SPEC is DISTRIBUTION[:NAME=VALUE,...], with\n\n"
      "  sequential      key 0, 1, 2 ..., again from 0 after the last\n"
      "  uniform         every key as likely as any other\n"
      "  zipf            the i-th key as often as 1/i^skew\n"
      "  few-hot-keys    hot-share of the records on the first hot-keys keys\n\n"
      "  records=1M      how many records\n"
      "  keys=0          over how many keys; 0: as many as records\n"
      "  skew=0.99       of zipf\n"
      "  hot-keys=10     of few-hot-keys\n"
      "  hot-share=0.9   of few-hot-keys\n"
      "  key-bytes=0     pad keys to this length; 0: don't\n"
      "  value-bytes=0   pad values to this length\n"
      "  seed=1          the same seed gives the same bytes, everywhere\n\n"
      "  shardflow generate zipf:records=5M,keys=100k --output zipf.tsv\n",
      {},
      "spec",
      1};
  po::options_description own("Output");
  auto add = own.add_options();
  add("output,o", text("-")->value_name("FILE"), "where to; '-' is standard output");
  add("synthetic", text()->value_name("SPEC"), "SPEC by name: as a preset or a variable gives it");
  grammar.options.add(own).add(general_options());
  return grammar;
}

}  // namespace

Parsed<LoadOptions> parse_load(const Strings& arguments) {
  return parse<LoadOptions>(load_grammar(), arguments, [](const Merged& merged, LoadOptions& options) {
    options.mode = read_mode(merged);
    read_run_options(merged, options);
    read_input(merged, options);
    options.output = merged.get("output");
    options.sort = merged.on("sort");
    options.get = merged.list("get");
    options.digest = merged.on("digest");
    options.check = merged.on("check");
    options.stats = read_stats(merged);
    if (options.check && (options.synthetic || std::ranges::count(options.files, "-") > 0)) {
      throw UsageError("--check reads the input twice, so it needs files");
    }
    if (options.sort && options.output.empty()) throw UsageError("--sort orders --output, which is missing");
    if (options.output == "-" && !options.get.empty()) {
      throw UsageError("--output - and --get would mix on standard output; give --output a file");
    }
  });
}

Parsed<CompareOptions> parse_compare(const Strings& arguments) {
  return parse<CompareOptions>(compare_grammar(), arguments, [](const Merged& merged, CompareOptions& options) {
    read_run_options(merged, options.load);
    read_input(merged, options.load);
    if (std::ranges::count(options.load.files, "-") > 0)
      throw UsageError("compare reads the input often: '-' won't do");
    options.load.stats = read_stats(merged);
    options.modes = read_modes(merged);
    if (merged.get("rounds") != "auto") {
      options.rounds = number_within<std::uint64_t>(merged, "rounds", 1, 10'000, parse_count);
    }
    options.max_time_s = static_cast<double>(read_option(merged, "max-time", parse_count));
    options.slow_records = number_within<std::uint64_t>(merged, "slow-records", 1, UINT64_MAX, parse_count);
    options.seed = read_option(merged, "seed", parse_count);
  });
}

Parsed<GenerateOptions> parse_generate(const Strings& arguments) {
  return parse<GenerateOptions>(generate_grammar(), arguments, [](const Merged& merged, GenerateOptions& options) {
    const Strings specs = merged.list("spec");
    if (specs.empty() && !merged.has("synthetic")) throw UsageError("what to generate? give a SPEC; --help tells how");
    try {
      options.spec = SyntheticSpec::parse(specs.empty() ? merged.get("synthetic") : specs.front());
    } catch (const std::invalid_argument& error) {
      throw UsageError(error.what());
    }
    options.output = merged.get("output");
  });
}

}  // namespace shardflow::app
