#include "pipeline/store/pending_slots.hpp"

#include <algorithm>
#include <bit>
#include <cstring>

namespace shardflow {
namespace {

// Of slots that a range is to hold: their part of the table, 64 KiB, and they themselves are in a second-level cache.
constexpr std::size_t kRangeSlots = 5'700;
// More lines than these are not in a first-level cache.
constexpr std::size_t kMostRanges = 256;

void stream_line(Slot* to, const Slot* from) {
#if defined(__x86_64__)
  for (std::size_t i = 0; i < kLineSlots; i += 2) {
    _mm_stream_si128(reinterpret_cast<__m128i*>(to + i), _mm_load_si128(reinterpret_cast<const __m128i*>(from + i)));
  }
#else
  std::memcpy(to, from, kLineSlots * sizeof(Slot));
#endif
}

}  // namespace

std::size_t PendingSlots::ranges(std::size_t planned) {
  return std::clamp<std::size_t>(std::bit_ceil(planned / kRangeSlots + 1), 2, kMostRanges);
}

PendingSlots::PendingSlots(std::size_t planned, MemoryBudget& budget)
    : budget_(&budget),
      shift_(32 - std::countr_zero(ranges(planned))),
      in_line_(ranges(planned)),
      lines_(ranges(planned)),
      ends_(ranges(planned)),
      chunks_(ranges(planned)) {
  const std::size_t chunks = planned / kChunkSlots + ranges();
  slab_bytes_ = std::min(std::bit_ceil(chunks / 4 + 1), kHugePageBytes / kChunkBytes) * kChunkBytes;
}

void PendingSlots::publish() {
#if defined(__x86_64__)
  _mm_sfence();
#endif
}

void PendingSlots::flush(std::size_t range) {
  Slot*& end = ends_[range];
  if (reinterpret_cast<std::uintptr_t>(end) % kChunkBytes == 0) {
    chunks_[range].push_back(new_chunk());
    end = chunks_[range].back();
  }
  stream_line(end, lines_[range].slots.data());
  end += kLineSlots;
  flushed_ += kLineSlots;
  in_line_[range] = 0;
}

Slot* PendingSlots::new_chunk() {
  if (slabs_.empty() || in_slab_ == slabs_.back().size()) {
    slabs_.emplace_back(slab_bytes_, *budget_);
    in_slab_ = 0;
  }
  char* const chunk = slabs_.back().data() + in_slab_;
  in_slab_ += kChunkBytes;
  return reinterpret_cast<Slot*>(chunk);
}

}  // namespace shardflow
