// A batch: a block and, once it is parsed, for each shard the list of its records. It is what flows
// through the graph, by handle.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <vector>

#include "pipeline/block.hpp"
#include "pipeline/input/fields.hpp"
#include "pipeline/paged_list.hpp"
#include "pipeline/record.hpp"
#include "pipeline/store/combining.hpp"
#include "pipeline/store/entry_list.hpp"

namespace shardflow {

// A batch's records of one shard, in one of two forms: where they lie in the block, or as entries.
struct BatchPart {
  explicit BatchPart(MemoryBudget& budget) : references(budget), entries(budget) {}

  PagedList<RecordRef> references;
  EntryList entries;
  // Whether its shard would rather have entries; it said so of what this held before.
  bool wants_entries = false;
};

struct Batch {
  // A block of each width is so many usual ones, but, unless a usual one is, no more than so many of 256 KiB: with its
  // slack, a huge page holds a wide one, and two a widest.
  static constexpr std::array<std::size_t, kBlockWidths> kUsualOnes{1, 2, 7, 14};

  Batch(std::size_t block_bytes, std::size_t shards, MemoryBudget& budget);

  // Makes the block of that width, or of the next one that is less where so many `batches`, all of this width, could
  // take more than a quarter of the memory that is left. REQUIRES: the batch is empty. Throws as Pages does.
  void set_width(BlockWidth wanted, std::size_t batches);
  // Empty again, for the next block.
  void reset();

  Block block;
  std::vector<BatchPart> parts;           // one per shard
  BlockWidth width = BlockWidth::kUsual;  // the block's; if it is not the usual one, it is to be combined
  bool narrowed = false;                  // it was to be wider
  std::uint64_t sequence = 0;             // 0, 1, 2 … in file order, without gaps
  Parsed parsed;                          // lines, and what is no record
  std::uint64_t records = 0;              // parsed
  std::uint64_t routed = 0;               // of them, those that go to a shard: less the repeats that were combined
  std::atomic<std::size_t> shards_left{0};

 private:
  std::size_t bytes_of(BlockWidth block_width) const;

  std::size_t block_bytes_;
};

// The batches that may be in flight: the bound on memory, and the back-pressure. Any thread may
// acquire and release.
class BatchPool {
 public:
  BatchPool(std::size_t batches, std::size_t block_bytes, std::size_t shards, MemoryBudget& budget);

  // An empty batch. REQUIRES: one is free (the limiter sees to it).
  Batch& acquire();
  void release(Batch& batch);
  std::size_t batches() const { return batches_.size(); }

 private:
  std::vector<std::unique_ptr<Batch>> batches_;
  std::mutex mutex_;
  std::vector<Batch*> free_;  // the last one released is the next one used: its memory is in a cache
};

}  // namespace shardflow
