// The options of `shardflow floor`.
#include <algorithm>

#include "app/options/grammars.hpp"
#include "app/options/groups.hpp"

namespace shardflow::app {
namespace {

po::options_description floor_options() {
  po::options_description options("Floor");
  auto add = options.add_options();
  add("rounds", text("7")->value_name("N"), "how often the floor and a load are measured, in turn");
  add("stats", text("text")->value_name("FORMAT"), "the result as text or json");
  return options;
}

}  // namespace

Grammar floor_grammar() {
  Grammar grammar{
      "usage: shardflow floor [options] FILE...\n\n"
      "Measures what no program that does this job can leave out, each part alone and\n"
      "as fast as this machine does it: to read the bytes once, to find the separators,\n"
      "to fault in the store's pages, to write a slot of its table for each key, to\n"
      "copy keys and values. And a load of mode flow, in turn with it. The table goes\n"
      "to standard output. Files are plain TSV.\n\n"
      "  shardflow floor events.tsv\n"
      "  shardflow floor --synthetic sequential:records=5M\n",
      {},
      "file",
      -1};
  po::options_description input = input_options();
  add_files(input);
  grammar.options.add(input).add(floor_options());
  grammar.options.add(common_run_options()).add(general_options());
  return grammar;
}

Parsed<FloorOptions> parse_floor(const Strings& arguments) {
  return parse<FloorOptions>(floor_grammar(), arguments, [](const Merged& merged, FloorOptions& options) {
    read_common_run_options(merged, options.load);
    read_files(merged, options.load);
    options.load.mode = &modes().front();
    options.load.stats = read_stats(merged);
    options.rounds = number_within(merged, "rounds", kRounds);
  });
}

}  // namespace shardflow::app
