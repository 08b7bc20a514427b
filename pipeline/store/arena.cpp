#include "pipeline/store/arena.hpp"

#include <algorithm>
#include <cassert>

#include "pipeline/errors.hpp"

namespace shardflow {
namespace {

// The first chunk is small, because a store of 64 shards may hold a hundred keys; the others bound what is mapped and
// unused: by half, then by a quarter, and by 8 MiB.
constexpr std::uint64_t kFirstChunkBytes = std::uint64_t{16} << 10;
constexpr std::uint64_t kLargestChunkBytes = std::uint64_t{8} << 20;

}  // namespace

void Arena::add_chunk(std::size_t least_bytes) {
  if (free_numbers_.empty() && numbers_ == kMostChunks) throw ShardFullError(mapped_bytes_);
  const std::uint64_t wanted = std::max(std::clamp(mapped_bytes_, kFirstChunkBytes, std::uint64_t{kHugePageBytes}),
                                        std::min(mapped_bytes_ / 4, kLargestChunkBytes));
  const std::uint64_t used = used_bytes();
  const std::size_t least = kFirstOffset + least_bytes + entry::kSlackBytes;
  if (free_numbers_.empty()) starts_.resize(numbers_ + 1);
  chunks_.push_back({Pages(std::max<std::size_t>(wanted, least), *budget_), 0, nullptr});
  if (chunks_.size() > 1) finish(chunks_[chunks_.size() - 2]);

  Chunk& chunk = chunks_.back();
  if (free_numbers_.empty()) {
    chunk.number = numbers_++;
  } else {
    chunk.number = free_numbers_.back();
    free_numbers_.pop_back();
  }
  starts_[chunk.number] = chunk.pages.data();
  number_ = chunk.number << kOffsetBits;
  start_ = chunk.pages.data();
  next_ = start_ + kFirstOffset;
  // Behind an entry that is longer than a chunk none begins: places don't reach there.
  end_ = start_ + (chunk.pages.size() > kLargestChunkBytes ? least : chunk.pages.size()) - entry::kSlackBytes;
  finished_bytes_ = used;
  mapped_bytes_ += chunk.pages.size();
}

// Where an entry did not fit that is longer than most, there may be much left of it.
void Arena::finish(Chunk& chunk) {
  chunk.used_end = next_;
  mapped_bytes_ -= chunk.pages.size();
  chunk.pages.shrink(static_cast<std::size_t>(next_ - start_) + entry::kSlackBytes);
  mapped_bytes_ += chunk.pages.size();
}

void Arena::drop_first_chunk() {
  assert(chunks_.size() > 1);
  const Chunk& chunk = chunks_.front();
  finished_bytes_ -= static_cast<std::uint64_t>(chunk.used_end - chunk.pages.data()) - kFirstOffset;
  mapped_bytes_ -= chunk.pages.size();
  free_numbers_.push_back(chunk.number);
  chunks_.erase(chunks_.begin());
}

}  // namespace shardflow
