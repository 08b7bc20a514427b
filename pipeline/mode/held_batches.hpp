// Batches whose records may be written long after the next ones were read, by any thread.
#pragma once

#include <atomic>
#include <cstdint>
#include <deque>
#include <mutex>
#include <vector>

#include "pipeline/batch.hpp"

namespace shardflow {

class HeldBatches;

// A batch that is used again once its reader has let go of it and all of its records are written.
class HeldBatch : public Batch {
 public:
  HeldBatch(HeldBatches& owner, std::size_t block_bytes, MemoryBudget& budget)
      : Batch(block_bytes, 0, budget), owner_(owner) {}

  // One of its records is. From any thread, which may have nobody to tell of an error; the batch is not to be touched
  // afterwards.
  void written() noexcept { drop(1); }

 private:
  friend HeldBatches;
  // The reader holds as much as any number of records, as it knows only at the end how many there are.
  static constexpr std::uint64_t kReader = std::uint64_t{1} << 62;

  void drop(std::uint64_t holds) noexcept;

  HeldBatches& owner_;
  std::atomic<std::uint64_t> holds_{kReader};
};

// Makes as many as are held at a time: those who hand the records on bound how many wait.
class HeldBatches {
 public:
  // The budget must outlive it.
  HeldBatches(std::size_t block_bytes, MemoryBudget& budget) : block_bytes_(block_bytes), budget_(budget) {}

  // An empty batch, held by its reader. Throws MemoryLimitError.
  HeldBatch& acquire() {
    const std::scoped_lock lock(mutex_);
    if (free_.empty()) {
      free_.reserve(batches_.size() + 1);
      return batches_.emplace_back(*this, block_bytes_, budget_);
    }
    HeldBatch& batch = *free_.back();
    batch.reset();
    free_.pop_back();
    batch.holds_ = HeldBatch::kReader;
    return batch;
  }

  // The reader is done with it: `batch.records` records were handed on.
  void let_go(HeldBatch& batch) { batch.drop(HeldBatch::kReader - batch.records); }

 private:
  friend HeldBatch;

  // Memory is given back, not taken: it may be refused.
  void take_back(HeldBatch& batch) noexcept {
    batch.block.shed();
    const std::scoped_lock lock(mutex_);
    free_.push_back(&batch);
  }

  const std::size_t block_bytes_;
  MemoryBudget& budget_;
  std::mutex mutex_;
  std::deque<HeldBatch> batches_;
  std::vector<HeldBatch*> free_;
};

inline void HeldBatch::drop(std::uint64_t holds) noexcept {
  if (holds_.fetch_sub(holds, std::memory_order_acq_rel) == holds) owner_.take_back(*this);
}

}  // namespace shardflow
