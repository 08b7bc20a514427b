#include "pipeline/batch.hpp"

#include <algorithm>
#include <cassert>

namespace shardflow {

Batch::Batch(std::size_t block_bytes, std::size_t shards, MemoryBudget& budget)
    : block(block_bytes, budget), block_bytes_(block_bytes) {
  parts.reserve(shards);
  for (std::size_t i = 0; i < shards; ++i) parts.emplace_back(budget);
}

void Batch::set_width(BlockWidth wanted, std::size_t batches) {
  constexpr std::size_t kPart = 4;
  // Beside the text, the lists of short records may take three times as much as it.
  constexpr std::size_t kWithLists = 4;
  const MemoryBudget& budget = block.budget();
  const std::uint64_t most = (budget.limit_bytes() - budget.used_bytes()) / kPart / kWithLists / batches;
  width = wanted;
  if (width == BlockWidth::kWidest && bytes_of(width) > most) width = BlockWidth::kWide;
  if (bytes_of(width) > most) width = BlockWidth::kUsual;
  narrowed = width != wanted;
  if (block.capacity() == bytes_of(width)) return;
  // What was not combined while nothing was known of the keys has left some; combined records are none.
  for (BatchPart& part : parts) part.entries.shed();
  block.resize(bytes_of(width));
}

std::size_t Batch::bytes_of(BlockWidth block_width) const {
  constexpr std::size_t kUsualBytes = std::size_t{256} << 10;
  const std::size_t usual_ones = kUsualOnes[static_cast<std::size_t>(block_width)];
  return std::max(block_bytes_, usual_ones * std::min(block_bytes_, kUsualBytes));
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
