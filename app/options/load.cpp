// The options of `shardflow load`.
#include <algorithm>

#include "app/options/grammars.hpp"
#include "app/options/groups.hpp"

namespace shardflow::app {
namespace {

po::options_description mode_option() {
  po::options_description options("Mode");
  const std::string unordered = mode_names([](const Mode& mode) { return !mode.ordered; });
  options.add_options()(
      "mode", text(std::string(modes().front().name))->value_name("MODE"),
      ("how: " + mode_names() + "; of a key's values, " + unordered + " may keep another one than the last").c_str());
  return options;
}

po::options_description load_result_options() {
  po::options_description options("Result");
  auto add = options.add_options();
  add("output,o", text()->value_name("FILE"), "write the final map; '-' is standard output");
  add_output_format(options);
  add("sort", po::bool_switch(), "order --output by key bytes");
  add("split", text()->value_name("N"), "as N files by the keys' murmur3, or 'shards', into the folder --output");
  add("get", po::value<Strings>()->value_name("KEY")->composing(), "print a key's value; may be repeated");
  add("digest", po::bool_switch(), "also tell the map's digest: equal maps, equal digests");
  add_rejects(options);
  add("hgrm", text()->value_name("FILE"), "write the distribution of the latencies, for HdrHistogram's plotters");
  add("floor", po::bool_switch(),
      "also measure the least that this machine needs, of plain TSV; takes the store's memory again");
  add("check", po::bool_switch(), "read the files again, and fail if a key has a value that none gave it");
  return options;
}

// Such that reading by `file` finds what is written.
RecordLayout read_layout(const Merged& merged, RecordFormat format, const FileOptions& file) {
  try {
    return RecordLayout::of(format, file);
  } catch (const std::invalid_argument& error) {
    std::string names;
    for (const std::string option : {"key", "value"}) {
      if (merged.has(option)) names += (names.empty() ? "" : ", ") + merged.name_of(option);
    }
    throw UsageError(names + ": " + error.what());
  }
}

void read_output(const Merged& merged, LoadOptions& options) {
  options.write = read_output_format(merged, options.file);
  options.write.layout = read_layout(merged, options.write.format, options.file);
  options.write.threads = options.run.threads;
  if (merged.on("sort")) options.write.order = Order::kByKey;
  if (merged.has("split")) {
    options.split = merged.get("split") == "shards" ? options.shards : number_within(merged, "split", kShards);
  }
  if (merged.on("sort") && options.output.empty()) throw UsageError("--sort orders --output, which is missing");
  if (options.split > 0 && options.output.empty()) throw UsageError("--split divides --output, which is missing");
  if (options.split > 0 && options.output == "-") throw UsageError("--split writes files; give --output a folder");
}

}  // namespace

Grammar load_grammar() {
  Grammar grammar{
      "usage: shardflow load [options] FILE...\n\n"
      "Reads files of lines KEY<TAB>VALUE, of CSV or of JSON Lines, in the order given\n"
      "('-' is standard input), and keeps the last value of each key. Files that gzip,\n"
      "zstd or lz4 compressed are recognised by their content.\n\n"
      "  shardflow load events.tsv --output last.tsv --sort\n"
      "  shardflow load *.jsonl.gz --key user.id --value . --on-error skip\n"
      "  producer | shardflow load - --get user:17\n\n"
      "Every option can be a variable (SHARDFLOW_BLOCK_SIZE=1MiB), or a line of a\n"
      "--config file or of a --preset; the command line comes first, then these in this\n"
      "order. Sizes are written like 64MiB, counts like 5M.\n",
      {},
      "file",
      -1};
  po::options_description input = input_options();
  add_files(input);
  add_records(input);
  grammar.options.add(input)
      .add(load_result_options())
      .add(stats_options("statistics on standard error: text or json"));
  grammar.options.add(mode_option()).add(run_options()).add(general_options());
  return grammar;
}

Parsed<LoadOptions> parse_load(const Strings& arguments) {
  return parse<LoadOptions>(load_grammar(), arguments, [](const Merged& merged, LoadOptions& options) {
    options.mode = read_mode(merged);
    read_run_options(merged, options);
    read_input(merged, options);
    options.output = merged.file_name("output");
    options.get = merged.list("get");
    options.digest = merged.on("digest");
    options.check = merged.on("check");
    options.floor = merged.on("floor");
    options.stats = read_stats(merged);
    read_latency(merged, options);
    options.hgrm = merged.file_name("hgrm");
    read_rejects(merged, options);
    options.run.latency |= !options.hgrm.empty();
    if (options.check && (options.synthetic || std::ranges::count(options.files, "-") > 0)) {
      throw UsageError("--check reads the input twice, so it needs files");
    }
    if (options.check) require_rereadable(options.files, "--check reads the input twice");
    if (options.floor && (options.synthetic || merged.has("records"))) {
      throw UsageError("--floor is that of whole files; shardflow floor takes --synthetic");
    }
    read_output(merged, options);
  });
}

}  // namespace shardflow::app
