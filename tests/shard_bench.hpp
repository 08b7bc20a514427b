// A shard to be tested, with a budget and a hash of its own.
#pragma once

#include <algorithm>
#include <cstdint>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "pipeline/store/shard.hpp"
#include "tests/testing.hpp"

namespace testing {

class ShardBench {
 public:
  explicit ShardBench(std::uint64_t limit_bytes = UINT64_MAX) : budget_(limit_bytes), shard_(hash_, budget_) {}
  virtual ~ShardBench() = default;

  // Applies the records, and settles, whatever is thrown.
  void apply(const Pairs& records, double input_share = 0) {
    try {
      put(records, input_share);
    } catch (...) {
      shard_.settle();
      throw;
    }
    shard_.settle();
  }
  // Without settling.
  void put(std::span<const std::pair<std::string, std::string>> records, double input_share) {
    std::string text;
    std::vector<shardflow::RecordRef> references;
    for (const auto& [key, value] : records) {
      const auto at = static_cast<std::uint32_t>(text.size());
      text += key + value;
      references.push_back({hash_of(key), at, static_cast<std::uint32_t>(key.size()),
                            at + static_cast<std::uint32_t>(key.size()), static_cast<std::uint32_t>(value.size())});
    }
    give(Padded(text).view().data(), references, input_share);
  }

  std::string find(const std::string& key) const {
    return std::string(shard_.find(key, hash_of(key)).value_or("(absent)"));
  }
  bool finds(const auto& records) const {
    return std::ranges::all_of(records, [&](const auto& each) { return find(each.first) == each.second; });
  }
  // All records, in the shard's order.
  Pairs walk() const {
    Pairs records;
    shard_.for_each([&](std::string_view key, std::string_view value) { records.emplace_back(key, value); });
    return records;
  }

  shardflow::Shard& shard() { return shard_; }
  const shardflow::Shard& shard() const { return shard_; }
  const shardflow::MemoryBudget& budget() const { return budget_; }

 private:
  virtual void give(const char* text, std::span<const shardflow::RecordRef> records, double input_share) {
    shard_.apply(text, records, input_share);
  }
  std::uint32_t hash_of(const std::string& key) const { return shardflow::slot_hash(hash_.padded(Padded(key).view())); }

  shardflow::MemoryBudget budget_;
  shardflow::KeyHash hash_{1};
  shardflow::Shard shard_;
};

// One that gives the shard its records as entries.
class EntriesBench : public ShardBench {
 public:
  using ShardBench::ShardBench;

 private:
  void give(const char* text, std::span<const shardflow::RecordRef> records, double input_share) override {
    shardflow::MemoryBudget budget(UINT64_MAX);
    shardflow::EntryList entries(budget);
    for (const shardflow::RecordRef& record : records) {
      entries.push(record.hash, {text + record.key_offset, record.key_bytes},
                   {text + record.value_offset, record.value_bytes});
    }
    shard().apply(entries, input_share);
  }
};

}  // namespace testing
