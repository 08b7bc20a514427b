// Slots that an index has still to take in, in lists by ranges of their hashes.
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

#include "pipeline/pages.hpp"
#include "pipeline/store/slot_line.hpp"

namespace shardflow {

class PendingSlots {
 public:
  // For about so many slots: more of them are as welcome, but their ranges are larger then. The budget must outlive it.
  PendingSlots(std::size_t planned, MemoryBudget& budget);

  std::size_t size() const { return std::accumulate(in_line_.begin(), in_line_.end(), flushed_); }
  // Lists that there are, or would be of so many slots.
  std::size_t ranges() const { return ends_.size(); }
  static std::size_t ranges(std::size_t planned);

  std::size_t range_of(std::uint32_t hash) const { return hash >> shift_; }

  // Makes room for one more slot of this hash. Throws as Pages does.
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

  // Of a range, slots so far, and the i-th of them. REQUIRES: i < size(range).
  std::size_t size(std::size_t range) const { return in_chunks(range) + in_line_[range]; }
  const Slot& slot(std::size_t range, std::size_t i) const {
    const std::size_t flushed = in_chunks(range);
    return i < flushed ? chunks_[range][i / kChunkSlots][i % kChunkSlots] : lines_[range].slots[i - flushed];
  }

  // Calls visit(std::span<const Slot>), range by range, for some slots one behind the other, those of a range in the
  // order in which they came.
  template <class Visit>
  void for_each_run(Visit&& visit) const {
    for (std::size_t i = 0; i < ends_.size(); ++i) {
      for (const Slot* const chunk : chunks_[i]) {
        const bool last = chunk == chunks_[i].back();
        visit(std::span(chunk, last ? static_cast<std::size_t>(ends_[i] - chunk) : kChunkSlots));
      }
      visit(std::span(lines_[i].slots.data(), in_line_[i]));
    }
  }

 private:
  // Of a page's size, and aligned so: an end tells that it is one.
  static constexpr std::size_t kChunkSlots = 512;
  static constexpr std::size_t kChunkBytes = kChunkSlots * sizeof(Slot);

  struct alignas(64) Line {
    std::array<Slot, kLineSlots> slots;
  };

  std::size_t in_chunks(std::size_t range) const {
    const std::vector<Slot*>& chunks = chunks_[range];
    return chunks.empty() ? 0
                          : (chunks.size() - 1) * kChunkSlots + static_cast<std::size_t>(ends_[range] - chunks.back());
  }
  void flush(std::size_t range);
  Slot* new_chunk();

  MemoryBudget* budget_;
  int shift_;
  std::size_t flushed_ = 0;             // slots, that are in chunks
  std::vector<std::uint32_t> in_line_;  // slots of each line
  std::vector<Line> lines_;             // of each range
  std::vector<Slot*> ends_;             // where each list goes on; at a chunk's end, with the next one
  std::vector<std::vector<Slot*>> chunks_;
  std::size_t slab_bytes_;
  std::vector<Pages> slabs_;  // that chunks are cut from
  std::size_t in_slab_ = 0;   // bytes cut from the last one
};

}  // namespace shardflow
