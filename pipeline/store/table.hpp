// A shard's index: from a 64-bit hash to an arena entry. Open addressing with linear probing over
// 16-byte slots (hash, pointer), four to a cache line.
//
// A hash's home is the high part of hash * slots (Lemire, "Fast random integer generation in an
// interval", 2019), so the number of slots need not be a power of two and the table can be made just as
// large as the keys want it. It also keeps slots in hash order, near enough: growing reads and writes
// memory in sequence and never looks at a key.
#pragma once

#include <cstddef>
#include <cstdint>

#include "pipeline/pages.hpp"

namespace shardflow {

class Table {
 public:
  struct Slot {
    std::uint64_t hash;
    char* entry;  // nullptr: free
  };

  // Filled beyond this a table grows: at 0.8 an absent key looks at 13 slots on average, at 0.9 at 50
  // (Knuth, TAOCP 3, 6.4).
  static constexpr double kMostLoad = 0.8;
  // The load that a table is made for when the number of keys to come is known: 27 bytes a key. At 0.7 it
  // would be 23, and filling it 2 to 5 % slower.
  static constexpr double kGoalLoad = 0.6;

  explicit Table(MemoryBudget& budget) : budget_(&budget) {}

  std::size_t size() const { return size_; }
  std::size_t mapped_bytes() const { return pages_.size(); }
  // How many more keys fit before it must grow.
  std::size_t room() const { return most_ - size_; }

  // Makes it fit `keys` keys at the goal load. REQUIRES: keys >= size(). Throws as Pages does.
  void rebuild_for(std::size_t keys);

  void prefetch(std::uint64_t hash) const { __builtin_prefetch(&slots_[home(hash)], 1); }

  // The first slot from the hash's home on that is free or has this hash: where a search ends, but for a
  // collision of all 64 bits. Reads no entry. REQUIRES: a free slot.
  Slot& locate(std::uint64_t hash) const {
    Slot* slot = &slots_[home(hash)];
    while (slot->entry != nullptr && slot->hash != hash) slot = next(slot);
    return *slot;
  }

  // The slot with this hash whose entry `matches(const char* entry)`, else the free slot where it
  // belongs; looked for from `located` on, which locate(hash) gave, before or after other insertions.
  template <class Matches>
  Slot& resolve(Slot& located, std::uint64_t hash, Matches&& matches) const {
    Slot* slot = &located;
    while (slot->entry != nullptr && (slot->hash != hash || !matches(slot->entry))) slot = next(slot);
    return *slot;
  }

  // REQUIRES: `slot` is the free slot that resolve gave, and room() > 0.
  void occupy(Slot& slot, std::uint64_t hash, char* entry) {
    slot = {hash, entry};
    ++size_;
  }

  bool empty() const { return slot_count_ == 0; }

 private:
  std::size_t home(std::uint64_t hash) const {
    __extension__ using Product = unsigned __int128;
    return static_cast<std::size_t>((static_cast<Product>(hash) * slot_count_) >> 64);
  }

  Slot* next(Slot* slot) const { return slot + 1 == slots_ + slot_count_ ? slots_ : slot + 1; }

  MemoryBudget* budget_;
  Pages pages_;
  Slot* slots_ = nullptr;
  std::size_t slot_count_ = 0;
  std::size_t size_ = 0;
  std::size_t most_ = 0;
};

}  // namespace shardflow
