#include "pipeline/store/arena.hpp"

#include <algorithm>

namespace shardflow {
namespace {

// The first chunk is small, because a store of 64 shards may hold a hundred keys; the largest bounds
// what is mapped and unused (8 MiB a shard).
constexpr std::size_t kFirstChunkBytes = std::size_t{64} << 10;
constexpr std::size_t kLargestChunkBytes = std::size_t{8} << 20;

}  // namespace

void Arena::add_chunk(std::size_t least_bytes) {
  const std::size_t doubled = std::clamp(static_cast<std::size_t>(mapped_bytes_), kFirstChunkBytes, kLargestChunkBytes);
  Pages pages(std::max(doubled, least_bytes), *budget_);
  if (!chunks_.empty()) chunks_.back().used_end = next_;
  next_ = pages.data();
  end_ = next_ + pages.size();
  mapped_bytes_ += pages.size();
  chunks_.push_back({std::move(pages), nullptr});
}

}  // namespace shardflow
