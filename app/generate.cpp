// shardflow generate: synthetic input as a file.
#include "app/commands.hpp"
#include "app/options.hpp"
#include "app/terminal.hpp"
#include "pipeline/output/sink.hpp"

namespace shardflow::app {

int generate(const std::vector<std::string>& arguments, const Interrupt& interrupt) {
  constexpr std::size_t kWriteBytes = std::size_t{256} << 10;
  const Parsed<GenerateOptions> parsed = parse_generate(arguments);
  if (parsed.answer) return print_answer(*parsed.answer);

  const auto sink = open_sink(parsed.options.output, &interrupt);
  SyntheticRecords records(parsed.options.spec);
  std::string text;
  while (records.append_next(text)) {
    if (text.size() < kWriteBytes) continue;
    sink->write(text);
    text.clear();
  }
  sink->write(text);
  sink->commit();
  return kOk;
}

}  // namespace shardflow::app
