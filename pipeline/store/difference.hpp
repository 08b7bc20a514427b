// What changed from one store to another.
#pragma once

#include <cassert>
#include <cstdint>
#include <string_view>

#include "pipeline/store/store.hpp"

namespace shardflow {

enum class Change { kAdded, kRemoved, kChanged };

// Calls visit(Change, key, old value, new value) for each key of shard `shard` that is in one of the stores alone or
// has another value: first those of `after` in the order of its arena, then those that are removed. A value that is not
// there is empty. Returns the number of keys that are the same.
// REQUIRES: as many shards in both, so that a key is in the same shard of both.
template <class Visit>
std::uint64_t compare_shard(const Store& before, const Store& after, std::size_t shard, Visit&& visit) {
  assert(before.shards().size() == after.shards().size());
  std::uint64_t same = 0;
  // Keys in an arena have bytes behind them to read.
  const auto value_in = [shard](const Store& store, std::string_view key) {
    return store.shards()[shard].find(key, slot_hash(store.hash().padded(key)));
  };
  after.shards()[shard].for_each([&](std::string_view key, std::string_view value) {
    const auto old = value_in(before, key);
    if (!old) {
      visit(Change::kAdded, key, std::string_view(), value);
    } else if (*old != value) {
      visit(Change::kChanged, key, *old, value);
    } else {
      ++same;
    }
  });
  before.shards()[shard].for_each([&](std::string_view key, std::string_view value) {
    if (!value_in(after, key)) visit(Change::kRemoved, key, value, std::string_view());
  });
  return same;
}

}  // namespace shardflow
