#include "pipeline/batch.hpp"

#include <cassert>

namespace shardflow {

void Batch::reset() {
  for (BatchPart& part : parts) {
    part.references.clear();
    part.entries.clear();
    if (block.grown()) part.entries.shed();
  }
  block.reset();
  distinct.clear();
  records = 0;
  routed = 0;
  parsed.lines = 0;
  parsed.bad.clear();
}

BatchPool::BatchPool(std::size_t batches, std::size_t block_bytes, std::size_t shards, MemoryBudget& budget) {
  for (std::size_t i = 0; i < batches; ++i) {
    batches_.push_back(std::make_unique<Batch>(block_bytes, shards, budget));
    free_.push_back(batches_.back().get());
  }
}

Batch& BatchPool::acquire() {
  const std::scoped_lock lock(mutex_);
  assert(!free_.empty());
  Batch& batch = *free_.back();
  free_.pop_back();
  return batch;
}

void BatchPool::release(Batch& batch) {
  batch.reset();
  const std::scoped_lock lock(mutex_);
  free_.push_back(&batch);
}

}  // namespace shardflow
