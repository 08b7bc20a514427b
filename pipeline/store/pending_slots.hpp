// Slots that a table has still to take in, in the memory that is to be its own: in lists by ranges of their hashes,
// each where the table will have the range.
//
// A slot that is written straight to where its hash says costs a line of the table from memory and, in most tables, a
// page's address that no TLB holds. Slots that are collected first are taken in range by range, and a range's part of
// the table stays in a second-level cache meanwhile. The last line of each list is kept together with those of the
// others, so that they stay in a first-level cache, and goes to memory whole, past the caches: software
// write-combining, as in Balkesen, Teubner, Alonso and Özsu, "Main-memory hash joins on multi-core CPUs: tuning to the
// underlying hardware", 2013.
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <numeric>
#include <span>
#include <vector>

#include "pipeline/paged_list.hpp"
#include "pipeline/pages.hpp"
#include "pipeline/store/table.hpp"

namespace shardflow {

class PendingSlots {
 public:
  // Memory for a table of so many keys. The budget must outlive it. Throws as Pages does.
  PendingSlots(std::size_t keys, MemoryBudget& budget);

  // Adds up what all ranges have: to be asked once for many slots.
  std::size_t size() const { return std::accumulate(in_line_.begin(), in_line_.end(), flushed_); }
  // How many more slots the table could take in.
  std::size_t room() const;
  // Lists that there are, or would be for so many keys.
  std::size_t ranges() const { return ends_.size(); }
  static std::size_t ranges(std::size_t keys);

  std::size_t range_of(std::uint32_t hash) const { return hash >> shift_; }

  // Makes room for one more slot of this hash. REQUIRES: there is some in the table. Throws as Pages does, where slots
  // of a range are many more than those of others.
  [[gnu::always_inline]] void make_room(std::uint32_t hash) {
    const std::size_t range = range_of(hash);
    if (in_line_[range] == kLineSlots) [[unlikely]]
      flush(range);
  }
  // REQUIRES: there is room.
  [[gnu::always_inline]] void push(const Slot& slot) {
    const std::size_t range = range_of(slot.hash);
    const auto word = std::bit_cast<std::uint64_t>(slot);  // one store, or a line can't be loaded soon after
    std::memcpy(&lines_[range].slots[in_line_[range]++], &word, sizeof word);
  }
  // To be called before another thread goes on: what went past the caches is not ordered by what orders the rest.
  static void publish();

  // Whether a range had no room for all its slots, though the table has some: hashes of keys that differ hardly do
  // that.
  bool overflows() const { return rest_.size() > 0; }
  // Of a range, slots so far, and the i-th of them. REQUIRES: !overflows(), and i < size(range).
  std::size_t size(std::size_t range) const { return list(range).size() + in_line_[range]; }
  const Slot& slot(std::size_t range, std::size_t i) const {
    const std::span<const Slot> flushed = list(range);
    return i < flushed.size() ? flushed[i] : lines_[range].slots[i - flushed.size()];
  }

  // Calls visit(std::span<const Slot>) for some slots one behind the other, those of a range in the order in which they
  // came.
  template <class Visit>
  void for_each_run(Visit&& visit) const {
    for (std::size_t range = 0; range < ranges(); ++range) {
      visit(list(range));
      visit(end_of_list(range));
    }
    for_each_run_of_rest(visit);
  }

  // Leaves the memory to the table, which is empty then, and calls visit(std::span<const Slot>) as for_each_run() does,
  // for the table to take the slots in; they are there until visit() returns. To be called once.
  template <class Visit>
  void move_to(Table& table, Visit&& visit) {
    table.adopt(std::move(pages_), table_lines_);
    std::array<std::span<const Slot>, 2> moved;
    moved[0] = take_out(0);
    for (std::size_t range = 0; range < ranges(); ++range) {
      // The table may have a slot in the range behind its own.
      if (range + 1 < ranges()) moved[(range + 1) % 2] = take_out(range + 1);
      visit(moved[range % 2]);
    }
    for_each_run_of_rest(visit);
  }

 private:
  struct alignas(64) Line {
    std::array<Slot, kLineSlots> slots;
  };

  // Where a range's part of the memory begins; and whether it has no room for another line, so that what comes goes to
  // rest_.
  Slot* part(std::size_t range) const { return table_lines_.slots + range * part_slots_; }
  bool full(std::size_t range) const { return ends_[range] == part(range + 1); }
  // Of a range, the slots in its part of the memory, and in its last line; and that line where the list ends with it,
  // and not what rest_ has before it.
  std::span<const Slot> list(std::size_t range) const { return {part(range), ends_[range]}; }
  std::span<const Slot> last_line(std::size_t range) const { return {lines_[range].slots.data(), in_line_[range]}; }
  std::span<const Slot> end_of_list(std::size_t range) const {
    return full(range) ? std::span<const Slot>() : last_line(range);
  }
  template <class Visit>
  void for_each_run_of_rest(Visit&& visit) const {
    visit(rest_.items());
    for (std::size_t range = 0; range < ranges(); ++range) {
      if (full(range)) visit(last_line(range));
    }
  }
  void flush(std::size_t range);
  std::span<const Slot> take_out(std::size_t range);

  int shift_;
  std::size_t part_slots_;  // room in a range's part
  Pages pages_;
  SlotLines table_lines_;               // of pages_
  std::size_t flushed_ = 0;             // slots, that are in no last line
  std::vector<std::uint32_t> in_line_;  // slots of each last line
  std::vector<Line> lines_;             // of each range
  std::vector<Slot*> ends_;             // where each list goes on
  PagedList<Slot> rest_;                // of ranges that are full
  Pages taken_out_;                     // two lists
};

}  // namespace shardflow
