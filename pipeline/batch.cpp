#include "pipeline/batch.hpp"

#include <algorithm>
#include <cassert>

namespace shardflow {

Batch::Batch(std::size_t block_bytes, std::size_t shards, MemoryBudget& budget)
    : block(block_bytes, budget), block_bytes_(block_bytes) {
  parts.reserve(shards);
  for (std::size_t i = 0; i < shards; ++i) parts.emplace_back(budget);
}

void Batch::set_wide(bool wanted, std::size_t batches) {
  constexpr std::size_t kPart = 4;
  // Beside the text, the lists of short records may take three times as much as it.
  constexpr std::size_t kWithLists = 4;
  const MemoryBudget& budget = block.budget();
  const std::size_t wide_bytes = std::max(block_bytes_, std::min(kWide * block_bytes_, kWideMostBytes));
  const std::uint64_t left = budget.limit_bytes() - budget.used_bytes();
  wide = wanted && wide_bytes <= left / kPart / kWithLists / batches;
  block.resize(wide ? wide_bytes : block_bytes_);
}

void Batch::reset() {
  for (BatchPart& part : parts) {
    part.references.clear();
    part.entries.clear();
    if (block.grown()) part.entries.shed();
  }
  block.reset();
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
