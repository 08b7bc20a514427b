// The store: all shards. Filled by one of the modes, then read by anyone.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "pipeline/pages.hpp"
#include "pipeline/store/digest.hpp"
#include "pipeline/store/key_hash.hpp"
#include "pipeline/store/partition.hpp"
#include "pipeline/store/shard.hpp"

namespace shardflow {

struct StoreMemory {
  std::uint64_t key_bytes = 0;
  std::uint64_t value_bytes = 0;
  std::uint64_t table_bytes = 0;  // mapped
  std::uint64_t arena_bytes = 0;  // mapped; holds the keys and values
  // What the store takes beyond the bytes of its keys and values.
  std::uint64_t overhead_bytes() const { return table_bytes + arena_bytes - key_bytes - value_bytes; }
};

// Threads: while a mode fills it, that mode's. After that, reading is safe from any number of threads.
class Store {
 public:
  // REQUIRES: shards > 0. The store and the batches of a run that fills it stay within
  // `memory_limit_bytes`, or the run throws MemoryLimitError.
  explicit Store(std::uint32_t shards, std::uint64_t memory_limit_bytes = UINT64_MAX);
  Store(const Store&) = delete;
  Store& operator=(const Store&) = delete;

  // The value of the key, valid until the store is written to again or destroyed; nothing if absent.
  std::optional<std::string_view> find(std::string_view key) const;

  // Number of keys.
  std::size_t size() const;

  // Calls visit(std::string_view key, std::string_view value) for each record: shard by shard, and in a
  // shard in the order in which the keys first came; but one whose value outgrew its room is behind the others.
  template <class Visit>
  void for_each(Visit&& visit) const {
    for (const Shard& shard : shards_) shard.for_each(visit);
  }

  Digest digest() const;
  StoreMemory memory() const;

  // For the modes.
  std::vector<Shard>& shards() { return shards_; }
  const std::vector<Shard>& shards() const { return shards_; }
  const KeyHash& hash() const { return hash_; }
  MemoryBudget& budget() { return *budget_; }

 private:
  KeyHash hash_;
  Router router_;
  std::unique_ptr<MemoryBudget> budget_;
  std::vector<Shard> shards_;
};

}  // namespace shardflow
