// The options of `shardflow sweep`.
#include "app/options/grammars.hpp"
#include "app/options/groups.hpp"
#include "pipeline/machine.hpp"

namespace shardflow::app {
namespace {

po::options_description grid_options() {
  const RunOptions defaults;
  const std::uint32_t cores = logical_cores();
  po::options_description options("Grid (lists with commas)");
  auto add = options.add_options();
  add("modes", text(std::string(modes().front().name))->value_name("LIST"), ("how: " + mode_names()).c_str());
  add("records", text()->value_name("LIST"), "the first so many of the input, or so many made-up ones; default: all");
  add("threads", text(std::to_string(cores))->value_name("LIST"), "threads");
  add("shards", text(std::to_string(default_shards()))->value_name("LIST"), "parts of the store");
  add("workers", text()->value_name("LIST"), "of channel: threads that write; default: as --threads");
  add("capacity", text(std::to_string(defaults.capacity))->value_name("LIST"),
      "of channel and flow-record: records that wait; 'unbounded' is one");
  add("block-size", text(format_bytes(defaults.block_bytes))->value_name("LIST"), "input text per block");
  return options;
}

po::options_description sweep_options() {
  po::options_description options("Sweep");
  auto add = options.add_options();
  add("rounds", text("5")->value_name("N"), "runs of each point, in shuffled turns");
  add("max-run", text("10")->value_name("SECONDS"), "leave out a point whose run takes longer");
  add("seed", text("1")->value_name("N"), "of the order of the runs");
  add("output,o", text()->value_name("FILE"), "each run as a line of CSV; if it exists, go on where it ends");
  add_report(options);
  return options;
}

po::options_description limit_options() {
  po::options_description options("Run");
  add_limits(options);
  return options;
}

void read_grid(const Merged& merged, SweepOptions& options) {
  const auto within = [](const auto& range) { return [&range](const std::string& text) { return range.of(text); }; };
  constexpr NumberRange<std::uint64_t> kRecords{1, UINT64_MAX, parse_count};
  options.modes = read_modes(merged);
  if (merged.has("records")) options.records = read_list(merged, "records", within(kRecords));
  options.threads = read_list(merged, "threads", within(kThreads));
  options.shards = read_list(merged, "shards", within(kShards));
  if (merged.has("workers")) options.workers = read_list(merged, "workers", within(kThreads));
  options.capacities = read_list(merged, "capacity", read_capacity);
  options.block_bytes = read_list(merged, "block-size", within(kBlockBytes));
  options.load.shards = options.shards.front();  // of the oracle
  options.load.run.block_bytes = options.block_bytes.front();
}

}  // namespace

Grammar sweep_grammar() {
  Grammar grammar{
      "usage: shardflow sweep [options] FILE...\n\n"
      "Runs every point of a grid, each run in a process of its own, round by round in\n"
      "shuffled order, checks that all end in the same map, and shows what each record\n"
      "cost. Where threads or shards vary over 3 numbers or more, fits Amdahl's law and\n"
      "the Universal Scalability Law to them. The tables go to standard output.\n\n"
      "  shardflow sweep events.tsv --modes flow,channel --threads 1,2,4,8\n"
      "  shardflow sweep --synthetic sequential --records 1k,10k,100k,1M \\\n"
      "      --modes threads,channel,flow --output sweep.csv\n",
      {},
      "file",
      -1};
  po::options_description input = input_options();
  add_files(input);
  grammar.options.add(input).add(grid_options()).add(sweep_options());
  grammar.options.add(stats_options("the result as text or json")).add(limit_options()).add(general_options());
  return grammar;
}

Parsed<SweepOptions> parse_sweep(const Strings& arguments) {
  return parse<SweepOptions>(sweep_grammar(), arguments, [](const Merged& merged, SweepOptions& options) {
    read_grid(merged, options);
    read_limits(merged, options.load);
    read_files(merged, options.load);
    require_rereadable(options.load.files, "sweep reads the input often");
    options.load.stats = read_stats(merged);
    options.load.report = merged.file_name("report");
    read_latency(merged, options.load);
    options.rounds = number_within(merged, "rounds", kRounds);
    options.longest_run_s = static_cast<double>(number_within(merged, "max-run", kSeconds));
    options.seed = read_option(merged, "seed", parse_count);
    options.output = merged.file_name("output");
  });
}

}  // namespace shardflow::app
