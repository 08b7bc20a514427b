#include "app/fill.hpp"

#include <vector>

#include "app/progress.hpp"
#include "pipeline/input/limited_source.hpp"
#include "pipeline/input/paced_source.hpp"
#include "pipeline/input/stamped_source.hpp"

namespace shardflow::app {
namespace {

// The source and what stands before it: --records, --rate, --latency.
class Input {
 public:
  Input(Source& source, const LoadOptions& options, MemoryBudget& budget, const Interrupt& interrupt) {
    top_ = &source;
    if (options.records != UINT64_MAX) add<LimitedSource>(options.records, options.run.rules);
    if (options.rate_per_s > 0) {
      add<PacedSource>(static_cast<double>(options.rate_per_s), options.run.block_bytes, budget, &interrupt,
                       options.run.rules);
    } else if (options.run.latency) {
      add<StampedSource>();
    }
  }
  Source& source() const { return *top_; }

 private:
  template <class Layer, class... Arguments>
  void add(Arguments&&... arguments) {
    layers_.push_back(std::make_unique<Layer>(*top_, std::forward<Arguments>(arguments)...));
    top_ = layers_.back().get();
  }

  std::vector<std::unique_ptr<Source>> layers_;
  Source* top_;
};

}  // namespace

std::unique_ptr<FileSource> open_source(const LoadOptions& options, const Interrupt& interrupt) {
  const std::uint32_t max_record_bytes = options.run.rules.max_record_bytes;
  if (!options.synthetic) {
    return std::make_unique<FileSource>(options.files, max_record_bytes, &interrupt, options.file);
  }
  return std::make_unique<FileSource>(synthetic_file(*options.synthetic), "synthetic", max_record_bytes, &interrupt);
}

LoadStatistics fill(const LoadOptions& options, const TerminalOptions& terminal, const Interrupt& interrupt,
                    Store& store, RejectSink* rejects) {
  LoadStatistics statistics;
  statistics.mode = options.mode->name;
  statistics.threads = options.run.threads;
  statistics.block_bytes = options.run.block_bytes;
  statistics.blocks = options.run.blocks;
  statistics.numa = options.run.numa;

  const std::unique_ptr<FileSource> source = open_source(options, interrupt);
  Progress progress;
  RunOptions run_options = options.run;
  run_options.interrupt = &interrupt;
  run_options.progress = &progress;
  run_options.rejects = rejects;
  const ProgressLine line(terminal, progress);

  const Input input(*source, options, store.budget(), interrupt);

  const Usage before = Usage::now();
  statistics.run = options.mode->run(input.source(), store, run_options);
  statistics.usage = Usage::now() - before - statistics.run.uncounted;
  return statistics;
}

}  // namespace shardflow::app
