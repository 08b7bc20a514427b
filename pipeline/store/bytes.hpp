// Loading, copying and comparing the short runs of bytes that keys and values are, where a call of memcpy
// or memcmp costs more than its work. "Padded" functions may read, or write, a little beyond.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

namespace shardflow {

inline std::uint64_t load64(const char* from) {
  std::uint64_t word;
  std::memcpy(&word, from, sizeof word);
  return word;
}

// The first `bytes` bytes at `from` as two words, the rest zero; without a branch, because the lengths of
// keys can't be predicted. REQUIRES: bytes <= 16, and 16 readable bytes.
struct Words16 {
  std::uint64_t low;
  std::uint64_t high;
};
inline Words16 load_masked(const char* from, std::size_t bytes) {
  static constexpr std::array<char, 32> kMask = [] {
    std::array<char, 32> mask{};
    std::fill_n(mask.begin(), 16, '\xff');
    return mask;
  }();
  const char* const mask = kMask.data() + 16 - bytes;
  return {load64(from) & load64(mask), load64(from + 8) & load64(mask + 8)};
}

// Whether both words are; in a vector register, where there is one: half of the loads.
inline bool same(const Words16& a, const Words16& b) {
#if defined(__SSE2__)
  const __m128i x = _mm_loadu_si128(reinterpret_cast<const __m128i*>(&a));
  const __m128i y = _mm_loadu_si128(reinterpret_cast<const __m128i*>(&b));
  return _mm_movemask_epi8(_mm_cmpeq_epi8(x, y)) == 0xffff;
#else
  return ((a.low ^ b.low) | (a.high ^ b.high)) == 0;
#endif
}

// Copies in 16-byte steps, one at least. REQUIRES: 16 more bytes than `bytes` may be read at `from` and written at
// `to`.
inline void copy_padded(char* to, const char* from, std::size_t bytes) {
  std::memcpy(to, from, 16);
  for (std::size_t done = 16; done < bytes; done += 16) [[unlikely]] std::memcpy(to + done, from + done, 16);
}

// REQUIRES: 16 readable bytes at both, whatever `bytes` is.
inline bool equal_padded(const char* a, const char* b, std::size_t bytes) {
  if (bytes > 16) [[unlikely]]
    return std::memcmp(a, b, bytes) == 0;
  const Words16 x = load_masked(a, bytes);
  const Words16 y = load_masked(b, bytes);
  return ((x.low ^ y.low) | (x.high ^ y.high)) == 0;
}

}  // namespace shardflow
