#include "app/options/groups.hpp"

#include <algorithm>
#include <filesystem>

#include "app/options/file_list.hpp"
#include "app/report/report_page.hpp"
#include "pipeline/machine.hpp"
#include "pipeline/quantity.hpp"

namespace shardflow::app {
namespace {

constexpr NumberRange<std::size_t> kBlocks{2, 65536, parse_count};
constexpr NumberRange<std::uint32_t> kRecordBytes{1, kMaxBlockBytes / 2, parse_bytes};
constexpr NumberRange<std::size_t> kAlive{1, 4096, parse_count};
constexpr NumberRange<std::uint64_t> kRate{1, 1'000'000'000, parse_count};

void add_common_limits(po::options_description& options) {
  const std::size_t blocks = std::max<std::size_t>(RunOptions().blocks, 4 * logical_cores());
  auto add = options.add_options();
  add("blocks", text(std::to_string(blocks))->value_name("N"), "blocks in flight");
  add("max-memory", text()->value_name("SIZE"), "refuse to grow beyond; default: what the system allows");
}

void add_max_threads(po::options_description& options) {
  options.add_options()("max-threads", text(std::to_string(RunOptions().max_threads))->value_name("N"),
                        "of threads: alive at once");
}

void read_common_limits(const Merged& merged, LoadOptions& options) {
  options.run.blocks = number_within(merged, "blocks", kBlocks);
  options.run.rules.max_record_bytes = number_within(merged, "max-record", kRecordBytes);
  options.max_memory_bytes =
      merged.has("max-memory") ? read_option(merged, "max-memory", parse_bytes) : memory_limit_bytes();
}

// Rather than made-up records: a preset's give way to files on the command line, but not those beside them.
bool are_files_given(const Merged& merged) {
  const std::string named = merged.has("file") ? "file" : "files-from";
  if (!merged.has(named) || !merged.has("synthetic")) return merged.has(named);
  if (merged.is_above(named, "synthetic")) return true;
  if (merged.is_above("synthetic", named)) return false;
  throw UsageError("give files or --synthetic, not both");
}

// Those of the list behind the others.
Strings named_files(const Merged& merged) {
  Strings files = merged.list("file");
  if (!merged.has("files-from")) return files;
  for (std::string& name : read_file_list(merged.file_name("files-from"), merged.on("null") ? '\0' : '\n')) {
    files.push_back(std::move(name));
  }
  return files;
}

std::string no_mode(const std::string& name) { return "'" + name + "' is no mode; there are " + mode_names(); }

}  // namespace

po::options_description general_options() {
  po::options_description options("General");
  auto add = options.add_options();
  add("help,h", po::bool_switch(), "show this and exit");
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
  po::options_description options = file_input_options();
  options.add_options()("synthetic", text()->value_name("SPEC"),
                        "made-up records in place of files; see 'generate --help'");
  return options;
}

po::options_description file_input_options() {
  po::options_description options("Input");
  auto add = options.add_options();
  add("max-record", text("64MiB")->value_name("SIZE"), "a longer line is bad input");
  add_input_format(options);
  return options;
}

void add_files(po::options_description& options) {
  auto add = options.add_options();
  add("files-from", text()->value_name("LIST"),
      "read more files' names, one a line, from a file; '-' is standard input");
  add("null,0", po::bool_switch(), "the names of --files-from end in NUL, as find -print0 writes them");
}

void add_records(po::options_description& options) {
  options.add_options()("records", text()->value_name("N"), "read the first N records only");
}

std::string mode_names(bool (*wanted)(const Mode&)) {
  std::string names;
  for (const Mode& mode : modes()) {
    if (wanted(mode)) names += (names.empty() ? "" : ", ") + std::string(mode.name);
  }
  return names;
}

std::string mode_names() {
  return mode_names([](const Mode&) { return true; });
}

const Mode* read_mode(const Merged& merged) {
  const std::string name = merged.get("mode");
  if (const Mode* const mode = find_mode(name)) return mode;
  throw UsageError("--mode: " + no_mode(name));
}

std::vector<const Mode*> read_modes(const Merged& merged) {
  return read_list(merged, "modes", [](const std::string& name) {
    if (const Mode* const mode = find_mode(name)) return mode;
    throw std::invalid_argument(no_mode(name));
  });
}

std::uint32_t default_shards() { return 2 * logical_cores(); }

po::options_description run_options() {
  const RunOptions defaults;
  po::options_description options = common_run_options();
  auto add = options.add_options();
  add("workers", text()->value_name("N"), "of channel: threads that write; default: --threads");
  add("capacity", text(std::to_string(defaults.capacity))->value_name("N"),
      "of channel and flow-record: records that wait; or 'unbounded'");
  add_max_threads(options);
  return options;
}

po::options_description common_run_options() {
  const std::uint32_t cores = logical_cores();
  po::options_description options("Run");
  auto add = options.add_options();
  add("threads", text(std::to_string(cores))->value_name("N"), "threads; default: the cores this process may use");
  add("shards", text(std::to_string(default_shards()))->value_name("N"), "parts of the store; default: 2 a core");
  add("block-size", text(format_bytes(RunOptions().block_bytes))->value_name("SIZE"),
      "input text per block; up to 3.5 MiB where keys repeat over several");
  add("numa", po::bool_switch(), "of flow: write each shard on one NUMA node");
  add_common_limits(options);
  return options;
}

void add_limits(po::options_description& options) {
  add_common_limits(options);
  add_max_threads(options);
}

po::options_description stats_options(const char* description) {
  po::options_description options("Statistics");
  auto add = options.add_options();
  add("stats", text("text")->value_name("FORMAT"), description);
  add("latency", po::bool_switch(), "also how long records take until they are in their shards");
  add("rate", text()->value_name("N"), "give N records a second, and count latency from when each was due");
  return options;
}

std::size_t read_capacity(const std::string& text) { return text == "unbounded" ? 0 : kCapacity.of(text); }

void add_report(po::options_description& options) {
  if (has_report()) {
    options.add_options()("report", text()->value_name("FILE"),
                          "also as an HTML page with charts, which opens offline");
  }
}

void read_common_run_options(const Merged& merged, LoadOptions& options) {
  options.run.threads = number_within(merged, "threads", kThreads);
  options.shards = number_within(merged, "shards", kShards);
  options.run.block_bytes = number_within(merged, "block-size", kBlockBytes);
  options.run.numa = merged.on("numa");
  read_common_limits(merged, options);
}

void read_run_options(const Merged& merged, LoadOptions& options) {
  read_common_run_options(merged, options);
  if (merged.has("workers")) options.run.workers = number_within(merged, "workers", kThreads);
  options.run.capacity = read_option(merged, "capacity", read_capacity);
  options.run.max_threads = number_within(merged, "max-threads", kAlive);
}

void read_limits(const Merged& merged, LoadOptions& options) {
  read_common_limits(merged, options);
  options.run.max_threads = number_within(merged, "max-threads", kAlive);
}

void read_input(const Merged& merged, LoadOptions& options) {
  read_files(merged, options);
  if (merged.has("records")) options.records = read_option(merged, "records", parse_count);
}

void read_files(const Merged& merged, LoadOptions& options) {
  if (merged.on("null") && !merged.has("files-from")) throw UsageError("--null says how the names of --files-from end");
  if (are_files_given(merged)) {
    options.files = named_files(merged);
  } else if (merged.has("synthetic")) {
    options.synthetic = read_option(merged, "synthetic", SyntheticSpec::parse);
    options.synthetic_text = merged.get("synthetic");
  }
  read_input_format(merged, options);
  if (options.files.empty() && !options.synthetic) {
    throw UsageError("no input: name one or more files, '-' for standard input, or --synthetic SPEC");
  }
  const bool list_from_input = merged.get("files-from") == "-";
  if (std::ranges::count(options.files, "-") + std::ptrdiff_t{list_from_input} > 1) {
    throw UsageError("'-' can be read once only");
  }
}

void require_rereadable(const Strings& files, const std::string& why) {
  for (const std::string& name : files) {
    if (name == "-") throw UsageError(why + ": '-' won't do");
    std::error_code ignored;  // what is not there is told by who reads it
    const auto type = std::filesystem::status(name, ignored).type();
    using enum std::filesystem::file_type;
    if (type == fifo || type == socket || type == character) {
      throw UsageError(why + ", which '" + name + "' can't be");
    }
  }
}

void add_rejects(po::options_description& options) {
  options.add_options()("rejects", text()->value_name("FILE"),
                        "write the records that --on-error skip skips, and why, as TSV (as with --escape) or CSV");
}

void read_rejects(const Merged& merged, LoadOptions& options) {
  options.rejects = merged.file_name("rejects");
  if (options.rejects.empty()) return;
  if (!options.run.rules.skip_bad) throw UsageError("--rejects takes what --on-error skip skips");
  options.rejects_write = read_option(merged, "rejects", format_of_name);
  if (options.rejects_write.format == RecordFormat::kJsonLines) {
    throw UsageError("--rejects: bad records are written as TSV or CSV, not as JSON");
  }
}

StatsFormat read_stats(const Merged& merged) {
  return read_option(merged, "stats", [](const std::string& text) {
    if (text == "text") return StatsFormat::kText;
    if (text == "json") return StatsFormat::kJson;
    throw std::invalid_argument("'" + text + "' is neither text nor json");
  });
}

std::uint64_t read_rate(const Merged& merged) { return merged.has("rate") ? number_within(merged, "rate", kRate) : 0; }

void read_latency(const Merged& merged, LoadOptions& options) {
  options.rate_per_s = read_rate(merged);
  options.run.latency = merged.on("latency") || options.rate_per_s > 0;
}

}  // namespace shardflow::app
