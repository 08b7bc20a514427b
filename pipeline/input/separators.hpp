// Where the separators stand in a text: the first of a parser's two steps. The second then reads
// positions, not bytes, and has no branch that depends on how long a field is.
// (The two steps are simdjson's: Langdale and Lemire, "Parsing gigabytes of JSON per second", 2019.)
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

namespace shardflow {

inline constexpr std::size_t kScanBytes = 64;

// Bit i is set where at[i] is `a` or `b`. REQUIRES: 64 readable bytes.
#if defined(__SSE2__)
inline std::uint64_t match_mask(const char* at, char a, char b) {
  const __m128i first = _mm_set1_epi8(a);
  const __m128i second = _mm_set1_epi8(b);
  const auto quarter = [&](std::size_t i) {
    const __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(at) + i);
    const __m128i hit = _mm_or_si128(_mm_cmpeq_epi8(bytes, first), _mm_cmpeq_epi8(bytes, second));
    return static_cast<std::uint64_t>(static_cast<std::uint32_t>(_mm_movemask_epi8(hit))) << (16 * i);
  };
  return quarter(0) | quarter(1) | quarter(2) | quarter(3);
}
#else
inline std::uint64_t match_mask(const char* at, char a, char b) {
  std::uint64_t mask = 0;
  for (std::size_t i = 0; i < kScanBytes; ++i) mask |= std::uint64_t{at[i] == a || at[i] == b} << i;
  return mask;
}
#endif

// std::popcount is a call into the compiler's library where the processor is not known to have the
// instruction, as on plain x86-64; this is what the call would do, in line (Warren, "Hacker's Delight", 5-1).
inline std::uint32_t count_bits(std::uint64_t word) {
  word -= (word >> 1) & 0x5555555555555555;
  word = (word & 0x3333333333333333) + ((word >> 2) & 0x3333333333333333);
  word = (word + (word >> 4)) & 0x0f0f0f0f0f0f0f0f;
  return static_cast<std::uint32_t>((word * 0x0101010101010101) >> 56);
}

// Whether `text` has an odd number of `byte`. A mask of each 64 bytes, one over the other: what is set twice goes out.
inline bool odd_number_of(char byte, std::string_view text) {
  std::uint64_t over = 0;
  for (; text.size() >= kScanBytes; text.remove_prefix(kScanBytes)) over ^= match_mask(text.data(), byte, byte);
  for (const char each : text) over ^= std::uint64_t{each == byte};
  return count_bits(over) % 2 == 1;
}

// A way to find separators, for the processors that have its instructions.
struct SeparatorScan {
  const char* name;
  bool supported;  // here
  // Writes the positions of all `a` and `b` in text[begin, end) to `out`, ascending, and returns the end of what it
  // wrote. REQUIRES: kScanBytes readable bytes behind the text, and room for end - begin positions, rounded up to
  // kScanBytes, and kScanSlack more: several are written at a time, wanted or not, because a loop that ends where the
  // bits do is mispredicted.
  std::uint32_t* (*positions)(const char* text, std::uint32_t begin, std::uint32_t end, char a, char b,
                              std::uint32_t* out);
};

inline constexpr std::size_t kScanSlack = 16;

// The best first; the last one is supported everywhere.
std::span<const SeparatorScan> separator_scans();

// The best that this processor has. As SeparatorScan::positions.
std::uint32_t* find_separators(const char* text, std::uint32_t begin, std::uint32_t end, char a, char b,
                               std::uint32_t* out);

}  // namespace shardflow
