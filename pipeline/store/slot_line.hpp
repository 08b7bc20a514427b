// The slots of a table's index that share a cache line, and the search in it: without a branch for each slot, because
// which slot it ends at can't be predicted, and a wrong guess waits for the line to come from memory.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace shardflow {

struct Slot {
  std::uint32_t hash;
  std::uint32_t entry;  // its place in the arena; 0: free
};

inline constexpr std::size_t kLineSlots = 64 / sizeof(Slot);

// Where a search in a line may end: bit 2 * i is set where slot i has the hash, bit 2 * i + 1 where it is free. One way
// to find that for each kind of processor. REQUIRES, all of them: a line's first slot, aligned.
namespace slot_line {

struct AnyProcessor {
  static std::uint32_t ends(const Slot* line, std::uint32_t hash) {
    std::uint32_t ends = 0;
    for (std::size_t i = 0; i < kLineSlots; ++i) {
      ends |= static_cast<std::uint32_t>(line[i].hash == hash) << (2 * i);
      ends |= static_cast<std::uint32_t>(line[i].entry == 0) << (2 * i + 1);
    }
    return ends;
  }
};

#if defined(__x86_64__)

// In all of them a slot is compared with the hash and, its entry, with 0.
struct Sse2 {
  static std::uint32_t ends(const Slot* line, std::uint32_t hash) {
    const __m128i wanted = _mm_set1_epi64x(hash);
    const auto equal = [&](std::size_t i) {
      return _mm_cmpeq_epi32(_mm_load_si128(reinterpret_cast<const __m128i*>(line) + i), wanted);
    };
    const __m128i bytes = _mm_packs_epi16(_mm_packs_epi32(equal(0), equal(1)), _mm_packs_epi32(equal(2), equal(3)));
    return static_cast<std::uint32_t>(_mm_movemask_epi8(bytes));
  }
};

struct Avx2 {
  __attribute__((target("avx2"))) static std::uint32_t ends(const Slot* line, std::uint32_t hash) {
    const __m256i wanted = _mm256_set1_epi64x(hash);
    const auto* const half = reinterpret_cast<const __m256i*>(line);
    const __m256i low = _mm256_cmpeq_epi32(_mm256_load_si256(half), wanted);
    const __m256i high = _mm256_cmpeq_epi32(_mm256_load_si256(half + 1), wanted);
    return static_cast<std::uint32_t>(_mm256_movemask_ps(_mm256_castsi256_ps(low))) |
           static_cast<std::uint32_t>(_mm256_movemask_ps(_mm256_castsi256_ps(high))) << 8;
  }
};

struct Avx512 {
  __attribute__((target("avx512f"))) static std::uint32_t ends(const Slot* line, std::uint32_t hash) {
    return _mm512_cmpeq_epi32_mask(_mm512_load_si512(line), _mm512_set1_epi64(hash));
  }
};

using Usual = Sse2;
#else
using Usual = AnyProcessor;
#endif

// The best of them on this processor: code that uses it is a template over them, and compiled for each.
enum class Way { kUsual, kAvx2, kAvx512 };
inline Way best_way() {
#if defined(__x86_64__)
  if (__builtin_cpu_supports("bmi") && __builtin_cpu_supports("bmi2")) {
    if (__builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl")) return Way::kAvx512;
    if (__builtin_cpu_supports("avx2")) return Way::kAvx2;
  }
#endif
  return Way::kUsual;
}

// The slot of the first end. REQUIRES: there is one.
inline std::size_t first(std::uint32_t ends) { return static_cast<std::size_t>(std::countr_zero(ends)) / 2; }

}  // namespace slot_line

}  // namespace shardflow
