// shardflow generate: synthetic input as a file, or as a live stream.
#include "app/commands.hpp"
#include "app/options.hpp"
#include "app/terminal.hpp"
#include "pipeline/input/file_source.hpp"
#include "pipeline/input/paced_source.hpp"
#include "pipeline/output/sink.hpp"

namespace shardflow::app {
namespace {

constexpr std::size_t kWriteBytes = std::size_t{256} << 10;

void write_all(const SyntheticSpec& spec, Sink& sink) {
  SyntheticRecords records(spec);
  std::string text;
  while (records.append_next(text)) {
    if (text.size() < kWriteBytes) continue;
    sink.write(text);
    text.clear();
  }
  sink.write(text);
}

void write_at_rate(const GenerateOptions& options, const Interrupt& interrupt, Sink& sink) {
  MemoryBudget budget(UINT64_MAX);
  FileSource records(synthetic_file(options.spec), "synthetic", kMaxBlockBytes / 2, &interrupt);
  PacedSource paced(records, static_cast<double>(options.rate_per_s), kWriteBytes, budget, &interrupt);
  for (Block block(kWriteBytes, budget); paced.next(block); block.reset()) sink.write(block.text());
}

}  // namespace

int generate(const std::vector<std::string>& arguments, const Interrupt& interrupt) {
  const Parsed<GenerateOptions> parsed = parse_generate(arguments);
  if (parsed.answer) return print_answer(*parsed.answer);

  const auto sink = open_sink(parsed.options.output, &interrupt);
  if (parsed.options.rate_per_s == 0) {
    write_all(parsed.options.spec, *sink);
  } else {
    write_at_rate(parsed.options, interrupt, *sink);
  }
  sink->commit();
  return kOk;
}

}  // namespace shardflow::app
