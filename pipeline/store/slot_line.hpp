// The slots of a table's index that share a cache line, and the search in it: without a branch for each slot, because
// which slot it ends at can't be predicted, and a wrong guess waits for the line to come from memory.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

namespace shardflow {

struct Slot {
  std::uint32_t hash;
  std::uint32_t entry;  // its place in the arena; 0: free
};

inline constexpr std::size_t kLineSlots = 64 / sizeof(Slot);

// Bit 2 * i is set where slot i has the hash, bit 2 * i + 1 where it is free. REQUIRES: a line's first slot, aligned.
namespace slot_line {

inline std::uint32_t ends_anywhere(const Slot* line, std::uint32_t hash) {
  std::uint32_t ends = 0;
  for (std::size_t i = 0; i < kLineSlots; ++i) {
    ends |= static_cast<std::uint32_t>(line[i].hash == hash) << (2 * i);
    ends |= static_cast<std::uint32_t>(line[i].entry == 0) << (2 * i + 1);
  }
  return ends;
}

#if defined(__SSE2__)
inline std::uint32_t ends(const Slot* line, std::uint32_t hash) {
  const __m128i wanted = _mm_set1_epi64x(hash);  // its upper half, 0, is what a free slot's entry is compared with
  const auto equal = [&](std::size_t i) {
    return _mm_cmpeq_epi32(_mm_load_si128(reinterpret_cast<const __m128i*>(line) + i), wanted);
  };
  const __m128i bytes = _mm_packs_epi16(_mm_packs_epi32(equal(0), equal(1)), _mm_packs_epi32(equal(2), equal(3)));
  return static_cast<std::uint32_t>(_mm_movemask_epi8(bytes));
}
#else
inline std::uint32_t ends(const Slot* line, std::uint32_t hash) { return ends_anywhere(line, hash); }
#endif

// The slot of the first end. REQUIRES: there is one.
inline std::size_t first(std::uint32_t ends) { return static_cast<std::size_t>(std::countr_zero(ends)) / 2; }

}  // namespace slot_line

}  // namespace shardflow
