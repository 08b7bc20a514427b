// shardflow diff: what changed from one state to another.
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <vector>

#include "app/commands.hpp"
#include "app/fill.hpp"
#include "app/options.hpp"
#include "app/output.hpp"
#include "app/outputs.hpp"
#include "app/progress.hpp"
#include "app/rejects.hpp"
#include "app/terminal.hpp"
#include "pipeline/output/difference_writer.hpp"

namespace shardflow::app {
namespace {

struct DiffResult {
  DifferenceCounts counts;
  std::uint64_t skipped_before = 0;  // bad records
  std::uint64_t skipped_after = 0;
};

std::uint64_t fill_from(const std::string& file, LoadOptions options, const TerminalOptions& terminal,
                        const Interrupt& interrupt, Store& store, RejectSink* rejects,
                        std::uint64_t skipped_before = 0) {
  options.files = {file};
  options.run.skipped_before = skipped_before;
  return fill(options, terminal, interrupt, store, rejects).run.skipped;
}

std::string counts_text(const DiffOptions& options, const DiffResult& found) {
  const auto row = [](const char* name, const std::string& what) { return left(name, 9) + what + "\n"; };
  const auto skipped = [&](std::uint64_t count, const std::string& file) {
    return count == 0 ? "" : row("skipped", plural(count, "bad record") + " of " + file);
  };
  return row("added", with_commas(found.counts.added)) + row("removed", with_commas(found.counts.removed)) +
         row("changed", with_commas(found.counts.changed)) + row("same", with_commas(found.counts.same)) +
         skipped(found.skipped_before, options.before()) + skipped(found.skipped_after, options.after());
}

std::string counts_json(const DiffResult& found) {
  const nlohmann::ordered_json json{{"schema", 1},
                                    {"added", found.counts.added},
                                    {"removed", found.counts.removed},
                                    {"changed", found.counts.changed},
                                    {"same", found.counts.same},
                                    {"skipped_old", found.skipped_before},
                                    {"skipped_new", found.skipped_after}};
  return json.dump() + "\n";
}

DifferenceCounts write(const LoadOptions& load, const TerminalOptions& terminal, const Store& before,
                       const Store& after, const Interrupt& interrupt) {
  if (load.output.empty()) return count_differences(before, after, load.write.threads);
  std::vector<std::unique_ptr<Sink>> sink;
  sink.push_back(open_sink(load.output, &interrupt));
  Progress progress;
  WriteOptions options = load.write;
  options.progress = &progress;
  const ProgressLine line(terminal, progress, writing_phase(options));
  const DifferenceCounts counts = write_differences(before, after, options, sink);
  sink.front()->commit();
  return counts;
}

DiffResult compare(const DiffOptions& options, const TerminalOptions& terminal, const Interrupt& interrupt) {
  const LoadOptions& load = options.load;
  DiffResult found;
  Store before(load.shards, load.max_memory_bytes);
  std::optional<Store> after;
  found = with_rejects(load, interrupt, [&](RejectSink* rejects) {
    found.skipped_before = fill_from(options.before(), load, terminal, interrupt, before, rejects);
    // Both are within one limit, and it is the one that a message tells.
    after.emplace(load.shards, load.max_memory_bytes);
    const StoreMemory taken = before.memory();
    after->budget().take(taken.table_bytes + taken.arena_bytes);
    found.skipped_after = fill_from(options.after(), load, terminal, interrupt, *after, rejects, found.skipped_before);
    return found;
  });
  found.counts = write(load, terminal, before, *after, interrupt);
  return found;
}

}  // namespace

int diff(const std::vector<std::string>& arguments, const Interrupt& interrupt) {
  const Parsed<DiffOptions> parsed = parse_diff(arguments);
  if (parsed.answer) return print_answer(*parsed.answer);
  check_outputs(parsed.options.load, false);
  const DiffResult found = compare(parsed.options, parsed.terminal, interrupt);
  const bool json = parsed.options.load.stats == StatsFormat::kJson;
  const std::string text = json ? counts_json(found) : counts_text(parsed.options, found);
  const bool wanted = json || !parsed.terminal.quiet;
  const bool beside_records = parsed.options.load.output == "-";
  if (wanted && beside_records) print_note(text);
  if (wanted && !beside_records) print_answer(text);
  return found.counts.equal() ? kOk : kDifferent;
}

}  // namespace shardflow::app
