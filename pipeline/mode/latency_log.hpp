// How long records take from their arrival until they are in their shards.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "pipeline/batch.hpp"
#include "pipeline/measure/histogram.hpp"
#include "pipeline/mode/mode.hpp"

namespace shardflow {

// A histogram per writer (a shard, or a thread), so that no two write the same one. Does nothing unless
// RunOptions::latency asks for it.
class LatencyLog {
 public:
  LatencyLog(const RunOptions& options, std::size_t writers) : histograms_(options.latency ? writers : 0) {}

  // All of the batch's records are in their shards by now. REQUIRES: writer < writers, and one call at a time for each.
  void batch_done(std::size_t writer, const Batch& batch) {
    if (!histograms_.empty()) record(histograms_[writer], batch.block.arrival, batch.records);
  }
  // One record of the batch can: the index-th, from 0.
  void record_done(std::size_t writer, const Batch& batch, std::uint64_t index) {
    if (!histograms_.empty()) record(histograms_[writer], {batch.block.arrival.of_record(index), 0}, 1);
  }

  // All that was recorded. REQUIRES: no call is under way.
  Histogram merged() const;

 private:
  static void record(Histogram& histogram, const Arrival& arrival, std::uint64_t records);

  std::vector<Histogram> histograms_;
};

}  // namespace shardflow
