// tbb::parallel_pipeline: the same partition in parallel, then one writer for all shards, in file order.
#include <oneapi/tbb/parallel_pipeline.h>

#include "pipeline/batch.hpp"
#include "pipeline/mode/apply_part.hpp"
#include "pipeline/mode/batch_reader.hpp"
#include "pipeline/mode/in_arena.hpp"
#include "pipeline/mode/latency_log.hpp"
#include "pipeline/mode/ledger.hpp"
#include "pipeline/mode/run.hpp"
#include "pipeline/store/partition.hpp"

namespace shardflow {
namespace {

namespace tbb = oneapi::tbb;

class Pipeline {
 public:
  Pipeline(Source& source, Store& store, const RunOptions& options)
      : shards_(store.shards()),
        blocks_(options.blocks),
        partition_(static_cast<std::uint32_t>(shards_.size()), options.rules, store.hash()),
        ledger_(source, store, options),
        latency_(options, 1),
        pool_(options.blocks, options.block_bytes, shards_.size(), store.budget()),
        reader_(source, pool_, partition_.combining()) {}

  RunReport run() {
    const auto read = tbb::make_filter<void, Batch*>(
        tbb::filter_mode::serial_in_order, [this](tbb::flow_control& control) { return this->read(control); });
    const auto partition = tbb::make_filter<Batch*, Batch*>(tbb::filter_mode::parallel, [this](Batch* batch) {
      partition_.run(*batch);
      return batch;
    });
    const auto write = tbb::make_filter<Batch*, void>(tbb::filter_mode::serial_in_order,
                                                      [this](Batch* batch) { this->write(*batch); });
    tbb::parallel_pipeline(blocks_, read & partition & write);
    RunReport report = ledger_.close(reader_.batches_read());
    report.latency = latency_.merged();
    return report;
  }

 private:
  Batch* read(tbb::flow_control& control) {
    Batch* const batch = reader_.next();
    if (batch == nullptr) control.stop();
    return batch;
  }

  void write(Batch& batch) {
    ledger_.admit(batch);
    for (std::size_t i = 0; i < shards_.size(); ++i) {
      apply_part(shards_[i], batch, i);
    }
    latency_.batch_done(0, batch);
    pool_.release(batch);
  }

  std::vector<Shard>& shards_;
  const std::size_t blocks_;
  Partition partition_;
  Ledger ledger_;
  LatencyLog latency_;
  BatchPool pool_;
  BatchReader reader_;
};

}  // namespace

RunReport run_parallel_pipeline(Source& source, Store& store, const RunOptions& options) {
  return in_arena(options.threads, [&] { return Pipeline(source, store, options).run(); });
}

}  // namespace shardflow
