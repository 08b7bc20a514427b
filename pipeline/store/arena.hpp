// A shard's key and value bytes, one entry behind the other, in chunks that double up to 2 MiB, and are a quarter of
// all up to 8 MiB.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "pipeline/pages.hpp"
#include "pipeline/store/entry.hpp"

namespace shardflow {

// Appended to by one thread. An entry stays where it is, unless its whole chunk is given back.
class Arena {
 public:
  // Where an entry is: a chunk's number, and behind it entry::kUnitBytes from the chunk's start. Never 0.
  using Place = std::uint32_t;
  struct Entry {
    Place place;
    char* at;
  };

  explicit Arena(MemoryBudget& budget) : budget_(&budget) {}

  // Room for `bytes`, uninitialised. REQUIRES: a multiple of entry::kUnitBytes. Throws as Pages does, and
  // ShardFullError where places run out: at 16 GiB, less what is lost at the ends of chunks.
  Entry allocate(std::size_t bytes) {
    if (bytes > static_cast<std::size_t>(end_ - next_)) [[unlikely]]
      add_chunk(bytes);
    char* const at = next_;
    next_ += bytes;
    return {place_of(at), at};
  }

  // Bytes that the present chunk has room for.
  std::size_t room() const { return static_cast<std::size_t>(end_ - next_); }

  // Of place 0: an address that may be prefetched, and no more.
  char* at(Place place) const { return starts().at(place); }

  // Where chunks start, until the next one is added: for a loop that looks for many entries.
  class Starts {
   public:
    char* at(Place place) const {
      return starts_[place >> kOffsetBits] + std::size_t{place & kOffsetMask} * entry::kUnitBytes;
    }

   private:
    friend class Arena;
    explicit Starts(char* const* starts) : starts_(starts) {}
    char* const* starts_;
  };
  Starts starts() const { return Starts(starts_.data()); }

  // Calls visit(const char*) for the start of every live entry, in the order of their allocation.
  template <class Visit>
  void for_each_live(Visit&& visit) const {
    for (std::size_t i = 0; i < chunks_.size(); ++i) for_each_live_in(i, visit);
  }
  // Likewise, of the i-th chunk alone. REQUIRES: i < chunks().
  template <class Visit>
  void for_each_live_in(std::size_t i, Visit&& visit) const {
    for_each_live(all_of(i), visit);
  }

  // Entries one behind the other, of one chunk.
  struct Run {
    const char* begin;
    const char* end;
  };
  // Calls visit(Run) for runs of at least `bytes`, or what a chunk has left, in the order of their allocation.
  template <class Visit>
  void for_each_run(std::size_t bytes, Visit&& visit) const {
    for (std::size_t i = 0; i < chunks_.size(); ++i) {
      const Run all = all_of(i);
      const char* begin = all.begin;
      for (const char* at = begin; at != all.end;) {
        at += entry::extent(at).bytes;
        if (at != all.end && static_cast<std::size_t>(at - begin) < bytes) continue;
        visit(Run{begin, at});
        begin = at;
      }
    }
  }
  // Calls visit(const char*) for the start of each of a run's live entries.
  template <class Visit>
  static void for_each_live(const Run& run, Visit&& visit) {
    for (const char* at = run.begin; at != run.end;) {
      const entry::Extent extent = entry::extent(at);
      if (extent.live) visit(at);
      at += extent.bytes;
    }
  }
  std::size_t chunks() const { return chunks_.size(); }

  // For compaction. What comes next goes into another chunk than all before.
  void begin_chunk() { add_chunk(1); }
  // Calls move(Entry) for each live entry of the first chunk, and gives the chunk back.
  // REQUIRES: begin_chunk() was called since it was the last one; move() leaves the entry dead, or throws.
  template <class Move>
  void drain_first_chunk(Move&& move) {
    const Place number = chunks_.front().number << kOffsetBits;
    char* const start = chunks_.front().pages.data();
    char* const end = chunks_.front().used_end;
    for (char* at = start + kFirstOffset; at != end;) {
      const entry::Extent extent = entry::extent(at);
      if (extent.live) move(Entry{number + static_cast<Place>((at - start) / kUnit), at});
      at += extent.bytes;
    }
    drop_first_chunk();
  }

  // Of all entries, dead ones too.
  std::uint64_t used_bytes() const {
    return chunks_.empty() ? 0 : finished_bytes_ + static_cast<std::uint64_t>(next_ - start_) - kFirstOffset;
  }
  std::uint64_t mapped_bytes() const { return mapped_bytes_; }

 private:
  static constexpr std::ptrdiff_t kUnit = entry::kUnitBytes;
  // An entry begins within the first 8 MiB of its chunk, which may be longer for its sake.
  static constexpr std::uint32_t kOffsetBits = 21;
  static constexpr Place kOffsetMask = (Place{1} << kOffsetBits) - 1;
  static constexpr std::uint32_t kMostChunks = std::uint32_t{1} << (32 - kOffsetBits);
  // So that no place is 0.
  static constexpr std::size_t kFirstOffset = entry::kUnitBytes;

  struct Chunk {
    Pages pages;
    Place number;
    char* used_end;  // of every chunk but the last, whose end is next_
  };

  Run all_of(std::size_t chunk) const {
    return {chunks_[chunk].pages.data() + kFirstOffset, chunk + 1 == chunks_.size() ? next_ : chunks_[chunk].used_end};
  }
  Place place_of(const char* at) const {
    return number_ + static_cast<Place>(static_cast<std::size_t>(at - start_) / entry::kUnitBytes);
  }
  void add_chunk(std::size_t least_bytes);
  void finish(Chunk& chunk);
  void drop_first_chunk();

  MemoryBudget* budget_;
  std::vector<Chunk> chunks_;
  // The present chunk: its number, as part of a place; its start; the next entry's; its end, before the slack.
  Place number_ = 0;
  char* start_ = nullptr;
  char* next_ = nullptr;
  char* end_ = nullptr;
  std::uint64_t finished_bytes_ = 0;  // of entries, in the chunks before
  std::uint64_t mapped_bytes_ = 0;
  std::uint32_t numbers_ = 0;           // given to chunks so far
  std::vector<Place> free_numbers_;     // of chunks that were given back
  std::vector<char*> starts_{nullptr};  // by number; of the first one before there is any, for at()
};

}  // namespace shardflow
