// A shard's index: from a hash to an arena entry. Open addressing with linear probing over 8-byte slots
// (32 bits of hash, 32 of place), eight to a cache line.
//
// A hash's home is a cache line, the high part of hash * lines (Lemire, "Fast random integer generation in an
// interval", 2019), so the number of slots need not be a power of two and the table can be made just as
// large as the keys want it. It also keeps slots in hash order, near enough: growing reads and writes
// memory in sequence and never looks at a key.
//
// Two keys of a line agree in all 32 bits once in 2^32 / lines times; then the keys themselves are compared.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "pipeline/pages.hpp"
#include "pipeline/store/slot_line.hpp"

namespace shardflow {

// Where a table's slots are, and the search in them. A copy of it stays in registers, where a table's own is read again
// after each byte that is written.
struct SlotLines {
  Slot* slots = nullptr;
  std::uint64_t count = 0;  // of lines

  // The first slot of a hash's home.
  Slot* home(std::uint32_t hash) const { return slots + ((hash * count) >> 32) * kLineSlots; }
  Slot* end() const { return slots + count * kLineSlots; }
  Slot* next(Slot* slot) const { return slot + 1 == end() ? slots : slot + 1; }

  // The first slot from the start of the hash's home on that is free or has this hash: where a search ends, but for a
  // collision of all 32 bits. Reads no entry. `Line` is a way of slot_line's. REQUIRES: a free slot.
  template <class Line = slot_line::Usual>
  Slot& locate(std::uint32_t hash) const {
    Slot* line = home(hash);
    for (;;) {
      if (const std::uint32_t ends = Line::ends(line, hash); ends != 0) [[likely]]
        return line[slot_line::first(ends)];
      line = line + kLineSlots == end() ? slots : line + kLineSlots;
    }
  }

  // The slot with this hash whose entry `matches(std::uint32_t entry)`, else the free slot where it
  // belongs; looked for from `located` on, which locate(hash) gave, before or after other insertions.
  template <class Matches>
  Slot& resolve(Slot& located, std::uint32_t hash, Matches&& matches) const {
    Slot* slot = &located;
    while (slot->entry != 0 && (slot->hash != hash || !matches(slot->entry))) slot = next(slot);
    return *slot;
  }
};

class Table {
 public:
  // Filled beyond this a table grows: at 0.7 an absent key looks at 1.4 lines on average, at 0.85 at 3.2, at 0.9 at 6
  // (simulated).
  static constexpr double kMostLoad = 0.85;
  // The load that a table is made for when the number of keys to come is known: 11.4 bytes a key.
  static constexpr double kGoalLoad = 0.7;

  explicit Table(MemoryBudget& budget) : budget_(&budget) {}

  std::size_t size() const { return size_; }
  std::size_t mapped_bytes() const { return pages_.size(); }
  // How many more keys fit before it must grow.
  std::size_t room() const { return most_ - size_; }

  // Makes it fit `keys` keys at the goal load. REQUIRES: keys >= size(). Throws as Pages does.
  void rebuild_for(std::size_t keys);
  // Bytes of a table of so many keys at a load, and the most keys that one of these lines takes.
  static std::size_t bytes_for(std::size_t keys, double load) {
    return (static_cast<std::size_t>(static_cast<double>(keys) / load) + 1) * sizeof(Slot);
  }
  static std::size_t most_of(const SlotLines& lines) {
    return static_cast<std::size_t>(static_cast<double>(lines.count * kLineSlots) * kMostLoad);
  }
  // Gives what it has back, and has these lines, of these pages, in place of it. They are taken to be free, though
  // others may still have something in them that the table comes to later.
  void adopt(Pages pages, const SlotLines& lines);

  // They stay where they are until the next rebuild_for() or adopt().
  const SlotLines& lines() const { return lines_; }

  // REQUIRES: `slot` is the free slot that lines().resolve() gave, and room() > 0.
  void occupy(Slot& slot, std::uint32_t hash, std::uint32_t entry) {
    slot = {hash, entry};
    ++size_;
  }

  bool empty() const { return lines_.count == 0; }

  // Calls visit(const Slot&) for each that is not free, in the order of their hashes, near enough.
  template <class Visit>
  void for_each(Visit&& visit) const {
    std::for_each(lines_.slots, lines_.end(), [&](const Slot& slot) {
      if (slot.entry != 0) visit(slot);
    });
  }

  // Calls visit(std::uint32_t entry) for one entry in about every so many, in the order of their hashes. Of a table
  // that is not empty, for one at least. REQUIRES: 0 < every < 2^32.
  template <class Visit>
  void for_each_sample(std::size_t every, Visit&& visit) const {
    if (size_ == 0) return;
    const std::size_t count = slots();
    const std::size_t stride = every * count / size_ + 1;
    for (std::size_t begin = 0; begin < count; begin += stride) {
      const Slot* const end = lines_.slots + std::min(begin + stride, count);
      const Slot* const slot =
          std::find_if<const Slot*>(lines_.slots + begin, end, [](const Slot& each) { return each.entry != 0; });
      if (slot != end) visit(slot->entry);
    }
  }

 private:
  std::size_t slots() const { return lines_.count * kLineSlots; }

  MemoryBudget* budget_;
  Pages pages_;
  SlotLines lines_;
  std::size_t size_ = 0;
  std::size_t most_ = 0;
};

}  // namespace shardflow
