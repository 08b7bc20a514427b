// The options of `shardflow load`.
#include <algorithm>

#include "app/options/grammars.hpp"
#include "app/options/groups.hpp"

namespace shardflow::app {
namespace {

po::options_description mode_option() {
  po::options_description options("Mode");
  options.add_options()("mode", text(std::string(modes().front().name))->value_name("MODE"),
                        ("how: " + mode_names()).c_str());
  return options;
}

po::options_description result_options() {
  po::options_description options("Result");
  auto add = options.add_options();
  add("output,o", text()->value_name("FILE"), "write the final map as TSV; '-' is standard output");
  add("sort", po::bool_switch(), "order --output by key bytes");
  add("get", po::value<Strings>()->value_name("KEY")->composing(), "print a key's value; may be repeated");
  add("digest", po::bool_switch(), "also tell the map's digest: equal maps, equal digests");
  add("hgrm", text()->value_name("FILE"), "write the distribution of the latencies, for HdrHistogram's plotters");
  add("check", po::bool_switch(), "read the files again, and fail if a key has a value that none gave it");
  return options;
}

const Mode* read_mode(const Merged& merged) {
  const std::string name = merged.get("mode");
  if (const Mode* const mode = find_mode(name)) return mode;
  throw UsageError("--mode: '" + name + "' is no mode; there are " + mode_names());
}

}  // namespace

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
  grammar.options.add(input_options().add(records_option()))
      .add(result_options())
      .add(stats_options("statistics on standard error: text or json"));
  grammar.options.add(mode_option()).add(run_options()).add(general_options());
  return grammar;
}

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
    read_latency(merged, options);
    options.hgrm = merged.get("hgrm");
    options.run.latency |= !options.hgrm.empty();
    if (options.check && (options.synthetic || std::ranges::count(options.files, "-") > 0)) {
      throw UsageError("--check reads the input twice, so it needs files");
    }
    if (options.sort && options.output.empty()) throw UsageError("--sort orders --output, which is missing");
    if (options.output == "-" && !options.get.empty()) {
      throw UsageError("--output - and --get would mix on standard output; give --output a file");
    }
  });
}

}  // namespace shardflow::app
