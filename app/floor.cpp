// shardflow floor: how far a load is from the least that the machine needs for it.
#include <stdexcept>

#include "app/child.hpp"
#include "app/commands.hpp"
#include "app/fill.hpp"
#include "app/floor_job.hpp"
#include "app/floor_result.hpp"
#include "app/notes.hpp"
#include "app/options.hpp"
#include "app/terminal.hpp"
#include "app/workload.hpp"
#include "pipeline/errors.hpp"

namespace shardflow::app {
namespace {

// What the job is, from a load whose store is then given back: the floor needs as much memory.
FloorJob job_of(const LoadOptions& options, const Workload& input, const Interrupt& interrupt, FloorResult& result) {
  TerminalOptions silent;
  silent.progress = When::kNever;
  Store store(options.shards, options.max_memory_bytes);
  const RunReport run = fill(options, silent, interrupt, store).run;
  result.records = run.records;
  result.skipped_records = run.skipped;
  result.keys = store.size();
  return floor_job(options, input.files(), store);
}

FloorResult measure(const FloorOptions& options, const TerminalOptions& terminal, const Interrupt& interrupt) {
  Notes notes(terminal);
  notes.show("the input");
  const Workload input(options.load);
  require_floor_input(options.load, input.files());
  FloorResult result;
  result.environment = Environment::now();
  result.threads = options.load.run.threads;
  const FloorJob job = job_of(options.load, input, interrupt, result);
  if (result.records == 0) throw std::runtime_error("nothing to measure: the input has no records");
  const auto words = load_words(options.load, *options.load.mode, input);
  run_load(words, interrupt);
  for (std::uint64_t round = 1; round <= options.rounds; ++round) {
    notes.show("round " + std::to_string(round) + " of " + std::to_string(options.rounds));
    result.floors.push_back(measure_floor(job));
    result.loads.push_back(run_load(words, interrupt));
  }
  return result;
}

}  // namespace

int floor(const std::vector<std::string>& arguments, const Interrupt& interrupt) {
  const Parsed<FloorOptions> parsed = parse_floor(arguments);
  if (parsed.answer) return print_answer(*parsed.answer);
  FloorResult result = measure(parsed.options, parsed.terminal, interrupt);
  result.command = command_line("floor", arguments, parsed.variables);
  const bool json = parsed.options.load.stats == StatsFormat::kJson;
  return print_answer(json ? floor_json(result) : floor_text(result));
}

}  // namespace shardflow::app
