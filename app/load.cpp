// shardflow load: the main job.
#include <algorithm>
#include <memory>
#include <stdexcept>

#include "app/commands.hpp"
#include "app/fill.hpp"
#include "app/floor_job.hpp"
#include "app/options.hpp"
#include "app/output.hpp"
#include "app/outputs.hpp"
#include "app/progress.hpp"
#include "app/rejects.hpp"
#include "app/statistics.hpp"
#include "app/terminal.hpp"
#include "pipeline/errors.hpp"
#include "pipeline/input/limited_source.hpp"
#include "pipeline/measure/check.hpp"
#include "pipeline/output/sink.hpp"

namespace shardflow::app {
namespace {

void describe_store(const Store& store, bool digest, LoadStatistics& statistics) {
  statistics.keys = store.size();
  statistics.memory = store.memory();
  statistics.peak_resident_bytes = peak_resident_bytes();
  statistics.anonymous = anonymous_memory();
  for (const Shard& shard : store.shards()) {
    statistics.shard_records.push_back(shard.applied());
    statistics.shard_keys.push_back(shard.size());
  }
  if (digest) statistics.digest = store.digest();
}

// Tells how far its source was read.
class WatchedSource final : public Source {
 public:
  WatchedSource(Source& source, Progress& progress) : source_(source), progress_(progress) {}

  bool next(Block& block) override {
    if (!source_.next(block)) return false;
    progress_.bytes.fetch_add(block.text().size(), std::memory_order_relaxed);
    progress_.input_share.store(block.input_share, std::memory_order_relaxed);
    return true;
  }
  const std::string& file_name(std::uint32_t index) const override { return source_.file_name(index); }
  bool may_wait() const override { return source_.may_wait(); }

 private:
  Source& source_;
  Progress& progress_;
};

void check(const LoadOptions& options, const TerminalOptions& terminal, const Interrupt& interrupt,
           const Store& store) {
  const std::unique_ptr<FileSource> source = open_source(options, interrupt);
  Progress progress;
  const ProgressLine line(terminal, progress, "checking");
  WatchedSource watched(*source, progress);
  LimitedSource limited(watched, options.records, options.run.rules);
  const std::uint64_t wrong = wrong_keys(store, limited, options.run.block_bytes, options.run.rules);
  if (wrong > 0) throw std::logic_error("the check found " + with_commas(wrong) + " wrong keys");
}

void print_statistics(const LoadOptions& options, const TerminalOptions& terminal, const LoadStatistics& statistics) {
  if (options.stats == StatsFormat::kJson) return print_note(statistics_json(statistics));
  if (terminal.quiet) return print_note(asked_text(statistics));
  print_note(statistics_text(statistics, terminal.verbose, use_color(terminal.color)));
}

// Prints a line a key, its value alone, in the order asked for. An absent key is a failure, as in grep.
int print_values(const Store& store, const std::vector<std::string>& keys) {
  int code = kOk;
  std::string values;
  for (const std::string& key : keys) {
    if (const auto value = store.find(key)) {
      values += std::string(*value) + "\n";
    } else {
      print_error("no such key: " + key);
      code = kFailed;
    }
  }
  print_answer(values);
  return code;
}

// The least of three: memory that a virtual machine's host has yet to find is no floor.
Floor floor_of(const LoadOptions& options, const Store& store) {
  const FloorJob job = floor_job(options, options.files, store);
  return std::min({measure_floor(job), measure_floor(job), measure_floor(job)},
                  [](const Floor& a, const Floor& b) { return a.sum_s() < b.sum_s(); });
}

void write_hgrm(const LoadOptions& options, const Interrupt& interrupt, const Histogram& latency) {
  const auto sink = open_sink(options.hgrm, &interrupt);
  sink->write(latency.hgrm());
  sink->commit();
}

}  // namespace

int load(const std::vector<std::string>& arguments, const Interrupt& interrupt) {
  const Parsed<LoadOptions> parsed = parse_load(arguments);
  if (parsed.answer) return print_answer(*parsed.answer);
  const LoadOptions& options = parsed.options;

  if (options.floor) require_floor_input(options, options.files);
  check_outputs(options, true);
  Store store(options.shards, options.max_memory_bytes);
  LoadStatistics statistics = with_rejects(options, interrupt, [&](RejectSink* rejects) {
    return fill(options, parsed.terminal, interrupt, store, rejects);
  });
  describe_store(store, options.digest, statistics);
  if (options.check) check(options, parsed.terminal, interrupt, store);
  if (!options.output.empty()) write_output(options, parsed.terminal, store, interrupt);
  if (!options.hgrm.empty()) write_hgrm(options, interrupt, statistics.run.latency);
  if (options.floor) statistics.floor = floor_of(options, store);
  print_statistics(options, parsed.terminal, statistics);
  return print_values(store, options.get);
}

}  // namespace shardflow::app
