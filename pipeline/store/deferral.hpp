// Putting off to look for keys' places in a shard's index, where nearly all of them are new.
#pragma once

#include <cstddef>
#include <cstdint>

#include "pipeline/store/growth.hpp"
#include "pipeline/store/pending_slots.hpp"
#include "pipeline/store/repeat_sample.hpp"

namespace shardflow {

// The slots that were put off, and when that ends: records are written to the arena as they come, so a key that repeats
// leaves garbage, which nobody can tell before the slots are taken in.
class Deferral {
 public:
  // Whether it is to begin where so many keys are expected in the end, and `keys` of the last `records` were new.
  static bool pays(std::size_t expected, std::uint64_t keys, std::uint64_t records) {
    return expected >= kLeastKeys && records > 0 && keys >= new_of(records);
  }

  // The table's slots are the first that are put off, with room for `keys` of them. REQUIRES: keys >= table.size(). The
  // budget must outlive it. Throws as Pages does.
  Deferral(const Table& table, std::size_t keys, MemoryBudget& budget);

  // Whether it is to go on: until one record in eight of a sample repeats a key, or one key fills its range. To be
  // called now and then. Throws as Pages does.
  bool still_pays();
  // Makes room for so many records; `state` is taken to be of new keys alone. Throws as Pages does.
  void make_room(std::size_t records, const GrowthState& state);

  // What was put off, and where more is to go.
  PendingSlots& slots() { return slots_; }
  const PendingSlots& slots() const { return slots_; }

 private:
  // A table of fewer is in a cache.
  static constexpr std::size_t kLeastKeys = 100'000;
  // Slots of the first range, or that and a sixteenth more of them, to look at together.
  static constexpr std::size_t kLeastLook = 64;
  // Of the sample's records, before it tells anything.
  static constexpr std::size_t kLeastSample = 256;
  // Seven records in eight: a repeat that was put off costs what two are saved.
  static std::uint64_t new_of(std::uint64_t records) { return records - records / 8; }

  bool in_sample(std::uint32_t hash) const;

  MemoryBudget* budget_;
  PendingSlots slots_;
  RepeatSample sample_;
  std::size_t sampled_ = 0;  // slots of the first range
};

}  // namespace shardflow
