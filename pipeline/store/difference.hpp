// What changed from one store to another.
#pragma once

#include <cassert>
#include <cstdint>
#include <string_view>

#include "pipeline/store/store.hpp"

namespace shardflow {

enum class Change { kAdded, kRemoved, kChanged };

// The stores must have as many shards, so that a key is in the same one of both.

// Keys in an arena have bytes behind them to read.
inline auto value_in_shard(const Store& store, std::size_t shard, std::string_view key) {
  return store.shards()[shard].find(key, slot_hash(store.hash().padded(key)));
}

// Calls visit(Change, key, old value, new value) for each key in a chunk of a shard of `after` that `before` lacks, or
// has with another value; a value that is not there is empty. Returns the number of keys that are the same.
template <class Visit>
std::uint64_t compare_chunk(const Store& before, const Store& after, std::size_t shard, std::size_t chunk,
                            Visit&& visit) {
  assert(before.shards().size() == after.shards().size());
  std::uint64_t same = 0;
  after.shards()[shard].for_each_in(chunk, [&](std::string_view key, std::string_view value) {
    const auto old = value_in_shard(before, shard, key);
    if (!old) {
      visit(Change::kAdded, key, std::string_view(), value);
    } else if (*old != value) {
      visit(Change::kChanged, key, *old, value);
    } else {
      ++same;
    }
  });
  return same;
}

// Likewise for each key in a chunk of a shard of `before` that `after` lacks.
template <class Visit>
void removed_in_chunk(const Store& before, const Store& after, std::size_t shard, std::size_t chunk, Visit&& visit) {
  before.shards()[shard].for_each_in(chunk, [&](std::string_view key, std::string_view value) {
    if (!value_in_shard(after, shard, key)) visit(Change::kRemoved, key, value, std::string_view());
  });
}

}  // namespace shardflow
