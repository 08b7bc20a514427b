#include "pipeline/store/store.hpp"

#include <cassert>

#include "pipeline/store/padded_key.hpp"

namespace shardflow {

Store::Store(std::uint32_t shards, std::uint64_t memory_limit_bytes)
    : router_(shards), budget_(std::make_unique<MemoryBudget>(memory_limit_bytes)) {
  assert(shards > 0);
  shards_.reserve(shards);
  for (std::uint32_t i = 0; i < shards; ++i) shards_.emplace_back(hash_, *budget_);
}

std::optional<std::string_view> Store::find(std::string_view key) const {
  const PaddedKey padded(key);
  return shards_[router_.shard_of(padded.view())].find(key, slot_hash(hash_.padded(padded.view())));
}

std::size_t Store::size() const {
  std::size_t keys = 0;
  for (const Shard& shard : shards_) keys += shard.size();
  return keys;
}

Digest Store::digest() const {
  Digest sum;
  for_each([&](std::string_view key, std::string_view value) { sum += digest_of_padded(key, value); });
  return sum;
}

StoreMemory Store::memory() const {
  StoreMemory sum;
  for (const Shard& shard : shards_) {
    sum.key_bytes += shard.key_bytes();
    sum.value_bytes += shard.value_bytes();
    sum.table_bytes += shard.table_bytes();
    sum.arena_bytes += shard.arena_bytes();
  }
  return sum;
}

}  // namespace shardflow
