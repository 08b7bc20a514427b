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

// Copies in steps of 16, 8 or 4 bytes, of which the last two overlap.
inline void copy_exactly(char* to, const char* from, std::size_t bytes) {
  const auto step = [&]<class Bytes>(std::size_t at, Bytes buffer) {
    std::memcpy(&buffer, from + at, sizeof buffer);
    std::memcpy(to + at, &buffer, sizeof buffer);
  };
  const auto two_steps = [&]<class Bytes>(Bytes buffer) {
    step(0, buffer);
    step(bytes - sizeof buffer, buffer);
  };
  if (bytes >= 16) {
    for (std::size_t at = 0; at + 16 < bytes; at += 16) step(at, std::array<char, 16>());
    step(bytes - 16, std::array<char, 16>());
  } else if (bytes >= 8) {
    two_steps(std::uint64_t());
  } else if (bytes >= 4) {
    two_steps(std::uint32_t());
  } else {
    for (std::size_t at = 0; at < bytes; ++at) to[at] = from[at];
  }
}

// Whether the first `bytes` bytes of 16 are equal. REQUIRES: bytes <= 16, and 16 readable bytes at both.
inline bool equal_first(const char* a, const char* b, std::size_t bytes) {
#if defined(__SSE2__)
  const __m128i x = _mm_loadu_si128(reinterpret_cast<const __m128i*>(a));
  const __m128i y = _mm_loadu_si128(reinterpret_cast<const __m128i*>(b));
  const auto differing = ~static_cast<std::uint32_t>(_mm_movemask_epi8(_mm_cmpeq_epi8(x, y)));
  return (differing & ((std::uint32_t{1} << bytes) - 1)) == 0;
#else
  return same(load_masked(a, bytes), load_masked(b, bytes));
#endif
}

// REQUIRES: 16 more readable bytes at both.
inline bool equal_padded(const char* a, const char* b, std::size_t bytes) {
  for (; bytes > 16; bytes -= 16, a += 16, b += 16) {
    if (!equal_first(a, b, 16)) return false;
  }
  return equal_first(a, b, bytes);
}

}  // namespace shardflow
