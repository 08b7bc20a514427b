#include "pipeline/input/separators.hpp"

#include <algorithm>
#include <array>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace shardflow {
namespace {

// The last 64 bytes that were looked at reach behind the text.
std::uint32_t* without_those_from(std::uint32_t end, std::uint32_t* first, std::uint32_t* out) {
  while (out != first && out[-1] >= end) --out;
  return out;
}

std::uint32_t* scan_anywhere(const char* text, std::uint32_t begin, std::uint32_t end, char a, char b,
                             std::uint32_t* const out) {
  std::uint32_t* next = out;
  for (std::uint32_t at = begin; at < end; at += kScanBytes) {
    std::uint64_t mask = match_mask(text + at, a, b);
    const std::uint32_t count = count_bits(mask);
    for (std::uint32_t done = 0; done < count; done += 8) {
      for (std::uint32_t i = done; i < done + 8; ++i, mask &= mask - 1) {
        next[i] = at + static_cast<std::uint32_t>(std::countr_zero(mask | (std::uint64_t{1} << 63)));
      }
    }
    next += count;
  }
  return without_those_from(end, out, next);
}

#if defined(__x86_64__)

// The same with the instructions for counting and clearing bits, and vectors of 32 bytes.
__attribute__((target("avx2,bmi,popcnt"))) std::uint32_t* scan_avx2(const char* text, std::uint32_t begin,
                                                                    std::uint32_t end, char a, char b,
                                                                    std::uint32_t* const out) {
  const __m256i first = _mm256_set1_epi8(a);
  const __m256i second = _mm256_set1_epi8(b);
  std::uint32_t* next = out;
  for (std::uint32_t at = begin; at < end; at += kScanBytes) {
    const __m256i low = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(text + at));
    const __m256i high = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(text + at) + 1);
    const __m256i low_hits = _mm256_or_si256(_mm256_cmpeq_epi8(low, first), _mm256_cmpeq_epi8(low, second));
    const __m256i high_hits = _mm256_or_si256(_mm256_cmpeq_epi8(high, first), _mm256_cmpeq_epi8(high, second));
    std::uint64_t mask = static_cast<std::uint32_t>(_mm256_movemask_epi8(low_hits)) |
                         std::uint64_t{static_cast<std::uint32_t>(_mm256_movemask_epi8(high_hits))} << 32;
    const auto count = static_cast<std::uint32_t>(_mm_popcnt_u64(mask));
    for (std::uint32_t done = 0; done < count; done += 8) {
      for (std::uint32_t i = done; i < done + 8; ++i, mask = _blsr_u64(mask)) {
        next[i] = at + static_cast<std::uint32_t>(_tzcnt_u64(mask));
      }
    }
    next += count;
  }
  return without_those_from(end, out, next);
}

// Numbers 0 to 63, of which the mask keeps the wanted ones in one instruction (as simdjson's Ice Lake kernel does).
__attribute__((target("avx512f,avx512bw,avx512vbmi2,popcnt"))) std::uint32_t* scan_avx512(
    const char* text, std::uint32_t begin, std::uint32_t end, char a, char b, std::uint32_t* const out) {
  // Without a mask, g++ 12 warns of the intrinsics' own undefined operands.
  static constexpr __mmask16 kAll = 0xffff;
  const __m512i numbers = _mm512_loadu_si512(kByteNumbers.data());
  const __m512i first = _mm512_set1_epi8(a);
  const __m512i second = _mm512_set1_epi8(b);
  std::uint32_t* next = out;
  for (std::uint32_t at = begin; at < end; at += kScanBytes) {
    const __m512i bytes = _mm512_loadu_si512(text + at);
    const std::uint64_t mask = _mm512_cmpeq_epi8_mask(bytes, first) | _mm512_cmpeq_epi8_mask(bytes, second);
    const auto count = static_cast<std::uint32_t>(_mm_popcnt_u64(mask));
    const __m512i base = _mm512_set1_epi32(static_cast<int>(at));
    std::array<std::uint8_t, kScanBytes + 16> found;
    const __m512i wanted = _mm512_maskz_compress_epi8(mask, numbers);
    _mm512_storeu_si512(next, _mm512_add_epi32(base, _mm512_maskz_cvtepu8_epi32(
                                                         kAll, _mm512_maskz_extracti32x4_epi32(0xf, wanted, 0))));
    if (count > 16) [[unlikely]] {
      _mm512_storeu_si512(found.data(), wanted);
      for (std::uint32_t done = 16; done < count; done += 16) {
        const __m128i sixteen = _mm_loadu_si128(reinterpret_cast<const __m128i*>(found.data() + done));
        _mm512_storeu_si512(next + done, _mm512_add_epi32(base, _mm512_maskz_cvtepu8_epi32(kAll, sixteen)));
      }
    }
    next += count;
  }
  return without_those_from(end, out, next);
}

#endif

}  // namespace

std::span<const SeparatorScan> separator_scans() {
  static const std::array kScans {
#if defined(__x86_64__)
    SeparatorScan{"AVX-512 VBMI2", __builtin_cpu_supports("avx512vbmi2") && __builtin_cpu_supports("avx512bw"),
                  scan_avx512},
        SeparatorScan{"AVX2", __builtin_cpu_supports("avx2") && __builtin_cpu_supports("bmi"), scan_avx2},
#endif
        SeparatorScan{"any processor", true, scan_anywhere},
  };
  return kScans;
}

std::uint32_t* find_separators(const char* text, std::uint32_t begin, std::uint32_t end, char a, char b,
                               std::uint32_t* out) {
  static const auto kBest = std::ranges::find_if(separator_scans(), &SeparatorScan::supported)->positions;
  return kBest(text, begin, end, a, b, out);
}

}  // namespace shardflow
