// The options of `shardflow generate`.
#include "app/options/grammars.hpp"
#include "app/options/groups.hpp"

namespace shardflow::app {

namespace {

// A name that says TSV, or nothing.
std::string read_plain_tsv(const Merged& merged) {
  std::string name = merged.file_name("output");
  const WriteOptions said = format_of_name(name);
  if (said.compression == Compression::kNone && said.format == RecordFormat::kTsv) return name;
  throw UsageError("--output: what generate writes is plain TSV, and '" + name +
                   "' says something else; 'shardflow generate SPEC | shardflow load - -o FILE' writes all formats");
}

}  // namespace

Grammar generate_grammar() {
  Grammar grammar{
      "usage: shardflow generate [options] SPEC\n\n"
      "Writes made-up records as TSV. SPEC is DISTRIBUTION[:NAME=VALUE,...], with\n\n"
      "  sequential      key 0, 1, 2 ..., again from 0 after the last\n"
      "  uniform         every key as likely as any other\n"
      "  zipf            the i-th key as often as 1/i^skew\n"
      "  few-hot-keys    hot-share of the records on the first hot-keys keys\n\n"
      "  records=1M      how many records\n"
      "  keys=0          over how many keys; 0: as many as records; of zipf up to 2^53\n"
      "  skew=0.99       of zipf\n"
      "  hot-keys=10     of few-hot-keys\n"
      "  hot-share=0.9   of few-hot-keys\n"
      "  key-bytes=0     pad keys to this length; 0: don't\n"
      "  value-bytes=0   pad values to this length\n"
      "  seed=1          the same seed gives the same bytes, everywhere\n\n"
      "  shardflow generate zipf:records=5M,keys=100k --output zipf.tsv\n"
      "  shardflow generate zipf --rate 100k | shardflow load - --latency\n",
      {},
      "spec",
      1};
  po::options_description own("Output");
  auto add = own.add_options();
  add("output,o", text("-")->value_name("FILE"), "where to; '-' is standard output");
  add("rate", text()->value_name("N"), "N records a second, each as soon as it is due");
  add("synthetic", text()->value_name("SPEC"), "SPEC by name: as a preset or a variable gives it");
  grammar.options.add(own).add(general_options());
  return grammar;
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
    options.output = read_plain_tsv(merged);
    options.rate_per_s = read_rate(merged);
  });
}

}  // namespace shardflow::app
