// shardflow diff: what changed from one state to another.
#include <nlohmann/json.hpp>

#include "app/commands.hpp"
#include "app/fill.hpp"
#include "app/options.hpp"
#include "app/terminal.hpp"
#include "pipeline/errors.hpp"
#include "pipeline/output/difference_writer.hpp"

namespace shardflow::app {
namespace {

void fill_from(const std::string& file, LoadOptions options, const TerminalOptions& terminal,
               const Interrupt& interrupt, Store& store) {
  options.files = {file};
  fill(options, terminal, interrupt, store);
}

std::string counts_text(const DifferenceCounts& counts) {
  const auto row = [](const char* name, std::uint64_t count) { return left(name, 9) + with_commas(count) + "\n"; };
  return row("added", counts.added) + row("removed", counts.removed) + row("changed", counts.changed) +
         row("same", counts.same);
}

std::string counts_json(const DifferenceCounts& counts) {
  const nlohmann::ordered_json json{{"schema", 1},
                                    {"added", counts.added},
                                    {"removed", counts.removed},
                                    {"changed", counts.changed},
                                    {"same", counts.same}};
  return json.dump() + "\n";
}

DifferenceCounts compare(const DiffOptions& options, const TerminalOptions& terminal, const Interrupt& interrupt) {
  const LoadOptions& load = options.load;
  Store before(load.shards, load.max_memory_bytes);
  fill_from(options.before, load, terminal, interrupt, before);
  const StoreMemory taken = before.memory();
  Store after(load.shards,
              load.max_memory_bytes - std::min(load.max_memory_bytes, taken.table_bytes + taken.arena_bytes));
  fill_from(options.after, load, terminal, interrupt, after);

  const auto sink = load.output.empty() ? nullptr : open_sink(load.output, &interrupt);
  const DifferenceCounts counts = write_difference(before, after, load.write, sink.get());
  if (sink) sink->commit();
  return counts;
}

}  // namespace

int diff(const std::vector<std::string>& arguments, const Interrupt& interrupt) try {
  const Parsed<DiffOptions> parsed = parse_diff(arguments);
  if (parsed.answer) return print_answer(*parsed.answer);
  const DifferenceCounts counts = compare(parsed.options, parsed.terminal, interrupt);
  const bool json = parsed.options.load.stats == StatsFormat::kJson;
  const std::string text = json ? counts_json(counts) : counts_text(counts);
  if (parsed.options.load.output == "-") {
    if (!parsed.terminal.quiet) print_note(text);
  } else if (!parsed.terminal.quiet || json) {
    print_answer(text);
  }
  return counts.equal() ? kOk : kDifferent;
} catch (const IoError& error) {
  // As diff(1) does: 1 says that they differ.
  print_error(error.what());
  return kTrouble;
} catch (const MemoryLimitError& error) {
  print_error(error.what());
  return kTrouble;
}

}  // namespace shardflow::app
