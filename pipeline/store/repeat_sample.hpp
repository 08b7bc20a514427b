// How often keys repeat, told from a few of them.
#pragma once

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>

#include "pipeline/store/table.hpp"

namespace shardflow {

// Tells, of the hashes that it is given, how many differ. They may agree in their first 8 bits.
class RepeatSample {
 public:
  // The budget must outlive it.
  explicit RepeatSample(MemoryBudget& budget) : seen_(budget) {}

  // Throws as Pages does.
  void add(std::uint32_t hash) {
    if (seen_.room() == 0) seen_.rebuild_for(std::max(kFirstKeys, 2 * seen_.size()));
    ++records_;
    const std::uint32_t turned = std::rotl(hash, 8);  // a table goes by the first bits
    Slot& slot = seen_.lines().locate(turned);
    if (slot.entry == 0) seen_.occupy(slot, turned, 1);
  }

  std::size_t records() const { return records_; }
  std::size_t keys() const { return seen_.size(); }

 private:
  static constexpr std::size_t kFirstKeys = 300;  // a table of 4 KiB

  Table seen_;
  std::size_t records_ = 0;
};

}  // namespace shardflow
