// The options of `shardflow diff`.
#include "app/options/grammars.hpp"
#include "app/options/groups.hpp"

namespace shardflow::app {
namespace {

po::options_description diff_result_options() {
  po::options_description options("Result");
  auto add = options.add_options();
  add("output,o", text()->value_name("FILE"),
      "write each difference: change, key, old and new value; TSV as with --escape");
  add_output_format(options);
  add("sort", po::bool_switch(), "order --output by key bytes");
  add_rejects(options);
  add("stats", text("text")->value_name("FORMAT"), "the counts as text or json");
  return options;
}

}  // namespace

Grammar diff_grammar() {
  Grammar grammar{
      "usage: shardflow diff [options] OLD NEW\n\n"
      "Reads both files ('-' is standard input), and tells how many keys were added,\n"
      "removed and changed by the last values, on standard output. Exits with 0 if\n"
      "there is no difference, 1 if there is, 2 for a file that cannot be read, 3 for a\n"
      "bad one.\n\n"
      "  shardflow diff yesterday.tsv today.tsv --output changes.csv\n",
      {},
      "file",
      -1};
  grammar.options.add(file_input_options()).add(diff_result_options()).add(common_run_options()).add(general_options());
  return grammar;
}

Parsed<DiffOptions> parse_diff(const Strings& arguments) {
  return parse<DiffOptions>(diff_grammar(), arguments, [](const Merged& merged, DiffOptions& options) {
    const Strings files = merged.list("file");
    if (files.size() != 2) throw UsageError("diff compares two files: OLD and NEW");
    if (files[0] == "-" && files[1] == "-") throw UsageError("'-' can be read once only");
    options.load.files = files;
    options.load.mode = &modes().front();
    read_input_format(merged, options.load);
    read_common_run_options(merged, options.load);
    read_rejects(merged, options.load);
    options.load.output = merged.file_name("output");
    options.load.write = read_output_format(merged, options.load.file);
    // What is written has fields of its own, wherever the input's are.
    options.load.write.layout.emplace().delimiter = options.load.file.format.delimiter;
    if (merged.on("sort")) options.load.write.order = Order::kByKey;
    if (merged.on("sort") && options.load.output.empty()) throw UsageError("--sort orders --output, which is missing");
    options.load.write.threads = options.load.run.threads;
    options.load.stats = read_stats(merged);
  });
}

}  // namespace shardflow::app
