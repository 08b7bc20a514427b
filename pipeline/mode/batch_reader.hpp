// The first stage of the modes that work by the block.
#pragma once

#include <cstdint>

#include "pipeline/batch.hpp"
#include "pipeline/input/source.hpp"
#include "pipeline/store/combining.hpp"

namespace shardflow {

// Fills batches of a pool from a source and numbers them. One thread at a time; all three must outlive it.
class BatchReader {
 public:
  BatchReader(Source& source, BatchPool& pool, Combining& combining)
      : source_(source), pool_(pool), combining_(combining) {}

  // The next batch, not yet parsed; nullptr at the end of the input. REQUIRES: the pool has a free one.
  Batch* next() {
    Batch& batch = pool_.acquire();
    batch.set_width(combining_.width(batches_read_), pool_.batches());
    if (!source_.next_unread(batch.block)) {
      pool_.release(batch);
      return nullptr;
    }
    batch.sequence = batches_read_++;
    return &batch;
  }

  std::uint64_t batches_read() const { return batches_read_; }

 private:
  Source& source_;
  BatchPool& pool_;
  Combining& combining_;
  std::uint64_t batches_read_ = 0;
};

}  // namespace shardflow
