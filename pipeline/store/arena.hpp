// A shard's key and value bytes, one entry behind the other, in chunks that double up to 8 MiB.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "pipeline/pages.hpp"
#include "pipeline/store/entry.hpp"

namespace shardflow {

// Only ever appended to, by one thread. Entries never move, so pointers into it live as long as it does.
class Arena {
 public:
  // Behind the last entry there are always this many bytes, so that a copy may write whole vectors.
  static constexpr std::size_t kSlackBytes = 64;

  explicit Arena(MemoryBudget& budget) : budget_(&budget) {}

  // Room for `bytes`, uninitialised. Throws as Pages does.
  char* allocate(std::size_t bytes) {
    if (bytes + kSlackBytes > static_cast<std::size_t>(end_ - next_)) [[unlikely]]
      add_chunk(bytes + kSlackBytes);
    char* const at = next_;
    next_ += bytes;
    return at;
  }

  // Calls visit(const char*) for the start of every live entry, in the order of their allocation.
  template <class Visit>
  void for_each_live(Visit&& visit) const {
    for (std::size_t i = 0; i < chunks_.size(); ++i) for_each_live_in(i, visit);
  }
  // Likewise, of chunk i alone. REQUIRES: i < chunks().
  template <class Visit>
  void for_each_live_in(std::size_t i, Visit&& visit) const {
    const char* const end = i + 1 == chunks_.size() ? next_ : chunks_[i].used_end;
    for (const char* at = chunks_[i].pages.data(); at != end;) {
      const entry::Extent extent = entry::extent(at);
      if (extent.live) visit(at);
      at += extent.bytes;
    }
  }
  std::size_t chunks() const { return chunks_.size(); }

  std::uint64_t mapped_bytes() const { return mapped_bytes_; }

 private:
  struct Chunk {
    Pages pages;
    const char* used_end;  // of every chunk but the last, whose end is next_
  };

  void add_chunk(std::size_t least_bytes);

  MemoryBudget* budget_;
  std::vector<Chunk> chunks_;
  char* next_ = nullptr;
  char* end_ = nullptr;
  std::uint64_t mapped_bytes_ = 0;
};

}  // namespace shardflow
