// The options of `shardflow gate`.
#include <cerrno>
#include <cmath>
#include <filesystem>

#include "app/gate_report.hpp"
#include "app/options/grammars.hpp"
#include "app/options/groups.hpp"
#include "app/presets.hpp"
#include "pipeline/errors.hpp"
#include "pipeline/machine.hpp"
#include "pipeline/quantity.hpp"

namespace shardflow::app {
namespace {

// All keys new; some keys often, in a table beyond the caches; few keys, which leaves parsing and combining. Each
// run takes 35 to 60 ms on two cores: 16 pairs of six runs and three workloads, some 15 s.
const Strings kDefaultWorkloads{"sequential:records=2M", "zipf:records=3M,keys=200k", "uniform:records=5M,keys=400"};

// What is bounded besides wall and cpu, which --threshold bounds. Memory hardly varies from run to run.
constexpr double kPeakAllowed = 1.10;
constexpr double kBytesPerKeyAllowed = 1.05;

constexpr NumberRange<std::uint64_t> kPairs{15, 100'000, parse_count};

po::options_description against_options() {
  po::options_description options("Against another build");
  auto add = options.add_options();
  add("against", text()->value_name("BINARY"), "the base to compare this build with");
  add("threshold", text("5%")->value_name("PERCENT"), "by how much wall and CPU time may grow");
  add("bound", po::value<Strings>()->value_name("NAME=PERCENT")->composing(),
      "the same for one metric, or NAME=none: wall, cpu, user, system, peak (10%), bytes-per-key (5%), switches, "
      "record");
  add("mode", text(std::string(modes().front().name))->value_name("MODE"), ("how to load: " + mode_names()).c_str());
  add("threads", text(std::to_string(logical_cores()))->value_name("N"), "threads of a run");
  add("shards", text(std::to_string(default_shards()))->value_name("N"), "shards of a run");
  return options;
}

po::options_description bounds_options() {
  po::options_description options("Modes against their bounds");
  auto add = options.add_options();
  add("bounds", text()->value_name("FILE"), "the bounds; default: gate.ini, which came with the program");
  add("update", po::bool_switch(), "measure, show what changes, and write the file");
  return options;
}

po::options_description measurement_options() {
  po::options_description options("Measurement");
  auto add = options.add_options();
  add("pairs", text("auto")->value_name("N"),
      "pairs, of two runs of each build, from 15 on; auto: 16, and more until it is decided");
  add("max-time", text("180")->value_name("SECONDS"),
      "of measuring, without --pairs; a finding is confirmed in as much again");
  add("timeout", text("60")->value_name("SECONDS"), "a run that takes longer has failed");
  add("seed", text("1")->value_name("N"), "of the order of turns");
  return options;
}

po::options_description report_options() {
  po::options_description options("Report");
  auto add = options.add_options();
  add("format", text("text")->value_name("FORMAT"), "on standard output: text, md or json");
  add("save", po::value<Strings>()->value_name("FILE")->composing(), "also write it to FILE.txt, .md or .json");
  add("history", text()->value_name("FILE"), "append a line of JSON: date, label, medians");
  add("label", text()->value_name("TEXT"), "of this build, for the history: a commit");
  return options;
}

// "5%", "5" or "2.5 %" as 1.05 and 1.025.
double parse_percent(const std::string& text) {
  std::size_t read = 0;
  double percent = NAN;
  try {
    percent = std::stod(text, &read);
  } catch (const std::logic_error&) {
    read = 0;
  }
  const std::string rest = text.substr(read);
  if (read == 0 || (rest != "" && rest != "%" && rest != " %") || !(percent > 0 && percent <= 1000)) {
    throw std::invalid_argument("'" + text + "' is no percentage above 0; write 5%");
  }
  return 1 + percent / 100;
}

std::map<std::string, double> read_allowed(const Merged& merged) {
  const double threshold = read_option(merged, "threshold", parse_percent);
  std::map<std::string, double> allowed{
      {"wall", threshold}, {"cpu", threshold}, {"peak", kPeakAllowed}, {"bytes-per-key", kBytesPerKeyAllowed}};
  for (const std::string& bound : merged.list("bound")) {
    const std::size_t equals = bound.find('=');
    const std::string name = bound.substr(0, equals);
    if (equals == std::string::npos || find_metric(name) == nullptr) {
      throw UsageError("--bound: '" + bound + "' is not NAME=PERCENT; --help has the names");
    }
    allowed.erase(name);
    if (bound.substr(equals + 1) == "none") continue;
    try {
      allowed[name] = parse_percent(bound.substr(equals + 1));
    } catch (const std::invalid_argument& error) {
      throw UsageError(std::string("--bound: ") + error.what());
    }
  }
  if (allowed.empty()) throw UsageError("--bound: nothing is bounded, so there is nothing to decide");
  return allowed;
}

// A file, a spec (which has a colon), or a preset with one.
WorkloadOption read_workload(const std::string& name) {
  if (std::filesystem::exists(name)) {
    require_rereadable({name}, "gate reads the input often");
    return {name, std::nullopt};
  }
  std::string spec = name;
  if (name.find(':') == std::string::npos) {
    // What no preset is called.
    if (name.find_first_of("/.") != std::string::npos) throw IoError(name, "cannot be read", ENOENT);
    spec = preset_alone(load_grammar(), name).get("synthetic");
    if (spec.empty()) throw UsageError("preset " + name + " names no synthetic input");
  }
  try {
    return {name, SyntheticSpec::parse(spec)};
  } catch (const std::invalid_argument& error) {
    throw UsageError(std::string("--workloads: ") + error.what());
  }
}

GateFormat read_format(const std::string& text) {
  if (text == "text" || text == "txt") return GateFormat::kText;
  if (text == "md") return GateFormat::kMarkdown;
  if (text == "json") return GateFormat::kJson;
  throw std::invalid_argument("'" + text + "' is none of text, md and json");
}

// Those of the other kind of gate would decide nothing, and what a gate reports is not there where bounds are written.
void check_kind(const Merged& merged, const GateOptions& options) {
  const auto refuse = [&](const Strings& names, const std::string& why) {
    for (const std::string& name : names) {
      if (merged.is_from_command_line(name)) throw UsageError("--" + name + why);
    }
  };
  if (options.against.empty()) {
    refuse({"threshold", "bound", "mode", "threads", "shards"}, " is for --against BINARY");
  } else {
    refuse({"bounds", "update"}, " is of the modes, not of --against");
  }
  if (options.update) refuse({"format", "save", "history", "label"}, " is of a gate's verdict, which --update has not");
}

void read_report(const Merged& merged, GateOptions& options) {
  options.format = read_option(merged, "format", read_format);
  options.save = merged.list("save");
  for (const std::string& file : options.save) {
    const std::string extension = std::filesystem::path(file).extension();
    if (extension != ".txt" && extension != ".md" && extension != ".json")
      throw UsageError("--save: " + file + " ends in none of .txt, .md and .json");
  }
  options.history = merged.file_name("history");
  options.label = merged.get("label");
}

}  // namespace

Grammar gate_grammar() {
  Grammar grammar{
      "usage: shardflow gate --against BINARY [options] [WORKLOAD...]\n"
      "       shardflow gate [--update] [options]\n\n"
      "Tells whether this build is slower than another one, or its modes than their\n"
      "bounds. Runs whole processes in turn, on the same input, until it is decided.\n"
      "A WORKLOAD is a FILE, a SPEC of 'generate', or a preset.\n\n"
      "  shardflow gate --against base/shardflow --threshold 2%\n"
      "  shardflow gate --against base/shardflow events.tsv zipf:records=2M\n\n"
      "exit codes: 0 no regression, 4 a regression, 5 undecided; 1 a run failed, or\n"
      "gave another map\n",
      {},
      "workloads",
      -1};
  grammar.options.add(against_options()).add(bounds_options()).add(measurement_options());
  grammar.options.add(report_options()).add(general_options());
  return grammar;
}

Parsed<GateOptions> parse_gate(const Strings& arguments) {
  return parse<GateOptions>(gate_grammar(), arguments, [](const Merged& merged, GateOptions& options) {
    options.against = merged.file_name("against");
    options.bounds_file = merged.file_name("bounds");
    options.update = merged.on("update");
    check_kind(merged, options);
    const Strings workloads = merged.has("workloads") ? merged.list("workloads") : kDefaultWorkloads;
    if (merged.has("workloads") && options.against.empty()) throw UsageError("workloads are for --against BINARY");
    for (const std::string& name : workloads) options.workloads.push_back(read_workload(name));
    options.allowed = read_allowed(merged);
    options.mode = read_mode(merged);
    options.threads = number_within(merged, "threads", kThreads);
    options.shards = number_within(merged, "shards", kShards);
    if (merged.get("pairs") != "auto") {
      options.pairs = number_within(merged, "pairs", kPairs);
    }
    options.max_time_s = static_cast<double>(number_within(merged, "max-time", kSeconds));
    options.timeout_s = static_cast<double>(number_within(merged, "timeout", kSeconds));
    options.seed = read_option(merged, "seed", parse_count);
    read_report(merged, options);
  });
}

}  // namespace shardflow::app
