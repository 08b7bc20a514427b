// The options of `shardflow compare`.
#include <algorithm>

#include "app/options/grammars.hpp"
#include "app/options/groups.hpp"
#include "pipeline/quantity.hpp"

namespace shardflow::app {
namespace {

po::options_description compare_options() {
  po::options_description options("Comparison");
  auto add = options.add_options();
  add("modes", text("all")->value_name("LIST"),
      ("with commas, the one to compare with first: " + mode_names()).c_str());
  add("rounds", text("auto")->value_name("N"), "runs of each mode; auto: until speed-ups are within 5 %");
  add("max-time", text("300")->value_name("SECONDS"), "with --rounds auto, no new round after this");
  add("slow-records", text("100k")->value_name("N"), "where a run would take over 10 s, on the first N records");
  add("seed", text("1")->value_name("N"), "of the order in which the modes take turns");
  add("hgrm", text()->value_name("FOLDER"), "each mode's latencies as MODE.hgrm, for HdrHistogram's plotters");
  add_report(options);
  return options;
}

// "all" begins with what people try first, so that speed-ups are against that.
std::vector<const Mode*> modes_to_compare(const Merged& merged) {
  if (merged.get("modes") != "all") {
    const std::vector<const Mode*> chosen = read_modes(merged);
    for (const Mode* const mode : chosen) {
      if (std::ranges::count(chosen, mode) > 1) {
        throw UsageError(merged.name_of("modes") + ": '" + std::string(mode->name) + "' is given twice");
      }
    }
    return chosen;
  }
  std::vector<const Mode*> all;
  for (const Mode& mode : modes()) all.insert(all.begin(), &mode);
  return all;
}

}  // namespace

Grammar compare_grammar() {
  Grammar grammar{
      "usage: shardflow compare [options] FILE...\n\n"
      "Runs modes over the same input, each in a process of its own, in turn and in\n"
      "shuffled order, checks that they end in the same map, and shows what each record\n"
      "cost. The table goes to standard output. Its intervals are exact with\n"
      "--rounds N; where the rounds end by themselves, they hold the median up to 4 %\n"
      "less often than they say.\n\n"
      "  shardflow compare events.tsv --modes channel,tasks,flow\n"
      "  shardflow compare --preset seed-5m\n",
      {},
      "file",
      -1};
  po::options_description input = input_options();
  add_files(input);
  add_records(input);
  grammar.options.add(input).add(compare_options()).add(stats_options("the result as text or json"));
  grammar.options.add(run_options()).add(general_options());
  return grammar;
}

Parsed<CompareOptions> parse_compare(const Strings& arguments) {
  return parse<CompareOptions>(compare_grammar(), arguments, [](const Merged& merged, CompareOptions& options) {
    read_run_options(merged, options.load);
    read_input(merged, options.load);
    require_rereadable(options.load.files, "compare reads the input often");
    options.load.stats = read_stats(merged);
    options.load.report = merged.file_name("report");
    read_latency(merged, options.load);
    options.load.hgrm = merged.file_name("hgrm");
    options.load.run.latency |= !options.load.hgrm.empty();
    options.modes = modes_to_compare(merged);
    if (merged.get("rounds") != "auto") {
      options.rounds = number_within(merged, "rounds", kRounds);
    }
    options.max_time_s = static_cast<double>(read_option(merged, "max-time", parse_count));
    options.slow_records =
        number_within(merged, "slow-records", NumberRange<std::uint64_t>{1, UINT64_MAX, parse_count});
    options.seed = read_option(merged, "seed", parse_count);
  });
}

}  // namespace shardflow::app
