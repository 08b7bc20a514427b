// What it takes to look at 64 bytes of text at once, by the instructions that a processor has. A scan is written once,
// as a template over these, and compiled for each: the function that it is part of has `flatten`, and the target.
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>

#include "pipeline/input/separators.hpp"

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace shardflow {

// Calls look_at(at, here) for each 64 bytes of [begin, end), of which `here` has a bit for those before `end`: all but
// the last time that is known when it is compiled. False: look_at said so, and that was the end.
template <class LookAt>
[[gnu::always_inline]] inline bool for_each_stretch(std::uint32_t begin, std::uint32_t end, LookAt look_at) {
  const std::uint32_t whole_end = end - (end - begin) % kScanBytes;
  std::uint32_t at = begin;
  for (; at != whole_end; at += kScanBytes) {
    if (!look_at(at, ~std::uint64_t{0})) return false;
  }
  return at == end || look_at(at, (std::uint64_t{1} << (end - at)) - 1);
}

// Bit 63, as a mask of all bits.
[[gnu::always_inline]] inline std::uint64_t spread_last(std::uint64_t mask) { return std::uint64_t{0} - (mask >> 63); }

// Each has, and those that need more than plain x86-64 tell with supported() whether it is there:
//   masks(at, bytes...)        bit i of a byte's mask is set where at[i] is that byte; 64 bytes are readable
//   count(mask)                of its bits
//   list(mask, count, at, out) writes `at` and the place of each bit, ascending, and up to kScanSlack more, wanted or
//                              not: a loop that ends where the bits do is mispredicted
//   prefix_xor(mask)           bit i is set where bits 0 to i are odd in number: of quotes, from the opening one up to
//                              before the closing one (simdjson's)
struct AnyProcessor {
  template <class... Bytes>
  static std::array<std::uint64_t, sizeof...(Bytes)> masks(const char* at, Bytes... bytes) {
    return {match_mask(at, bytes, bytes)...};
  }
  static std::uint32_t count(std::uint64_t mask) { return count_bits(mask); }
  template <std::uint32_t kSome>
  static void list(std::uint64_t mask, std::uint32_t count, std::uint32_t at, std::uint32_t* out) {
    for (std::uint32_t done = 0; done < count; done += kSome) {
      for (std::uint32_t i = done; i < done + kSome; ++i, mask &= mask - 1) {
        out[i] = at + static_cast<std::uint32_t>(std::countr_zero(mask | (std::uint64_t{1} << 63)));
      }
    }
  }
  static std::uint64_t prefix_xor(std::uint64_t mask) {
    for (int shift = 1; shift < 64; shift *= 2) mask ^= mask << shift;
    return mask;
  }
};

#if defined(__x86_64__)

// A product without carries adds up each bit's copies at all places from its own on.
__attribute__((target("pclmul"))) inline std::uint64_t prefix_xor_by_product(std::uint64_t mask) {
  const __m128i product = _mm_clmulepi64_si128(_mm_cvtsi64_si128(static_cast<long long>(mask)), _mm_set1_epi8(-1), 0);
  return static_cast<std::uint64_t>(_mm_cvtsi128_si64(product));
}

struct Avx2 {
  static bool supported() {
    return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("bmi") && __builtin_cpu_supports("popcnt") &&
           __builtin_cpu_supports("pclmul");
  }
  __attribute__((target("avx2"))) static std::uint64_t mask(__m256i low, __m256i high, char byte) {
    const __m256i wanted = _mm256_set1_epi8(byte);
    return static_cast<std::uint32_t>(_mm256_movemask_epi8(_mm256_cmpeq_epi8(low, wanted))) |
           std::uint64_t{static_cast<std::uint32_t>(_mm256_movemask_epi8(_mm256_cmpeq_epi8(high, wanted)))} << 32;
  }
  template <class... Bytes>
  __attribute__((target("avx2"))) static std::array<std::uint64_t, sizeof...(Bytes)> masks(const char* at,
                                                                                           Bytes... bytes) {
    const __m256i low = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(at));
    const __m256i high = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(at) + 1);
    return {mask(low, high, bytes)...};
  }
  __attribute__((target("popcnt"))) static std::uint32_t count(std::uint64_t mask) {
    return static_cast<std::uint32_t>(_mm_popcnt_u64(mask));
  }
  template <std::uint32_t kSome>
  __attribute__((target("bmi"))) static void list(std::uint64_t mask, std::uint32_t count, std::uint32_t at,
                                                  std::uint32_t* out) {
    for (std::uint32_t done = 0; done < count; done += kSome) {
      for (std::uint32_t i = done; i < done + kSome; ++i, mask = _blsr_u64(mask)) {
        out[i] = at + static_cast<std::uint32_t>(_tzcnt_u64(mask));
      }
    }
  }
  __attribute__((target("pclmul"))) static std::uint64_t prefix_xor(std::uint64_t mask) {
    return prefix_xor_by_product(mask);
  }
};

// 0 to 63: of them a mask of 64 bytes keeps the positions of its bits.
inline constexpr std::array<std::uint8_t, kScanBytes> kByteNumbers = [] {
  std::array<std::uint8_t, kScanBytes> numbers{};
  for (std::size_t i = 0; i < kScanBytes; ++i) numbers[i] = static_cast<std::uint8_t>(i);
  return numbers;
}();

struct Avx512 {
  static bool supported() {
    return __builtin_cpu_supports("avx512vbmi2") && __builtin_cpu_supports("avx512bw") &&
           __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("bmi2") && Avx2::supported();
  }
  template <class... Bytes>
  __attribute__((target("avx512bw"))) static std::array<std::uint64_t, sizeof...(Bytes)> masks(const char* at,
                                                                                               Bytes... bytes) {
    const __m512i text = _mm512_loadu_si512(at);
    return {_mm512_cmpeq_epi8_mask(text, _mm512_set1_epi8(bytes))...};
  }
  __attribute__((target("popcnt"))) static std::uint32_t count(std::uint64_t mask) {
    return static_cast<std::uint32_t>(_mm_popcnt_u64(mask));
  }
  // Of the numbers 0 to 63 the mask keeps the wanted ones in one instruction, as simdjson's Ice Lake kernel does.
  template <std::uint32_t kSome>
  __attribute__((target("avx512f,avx512bw,avx512vbmi2"))) static void list(std::uint64_t mask, std::uint32_t count,
                                                                           std::uint32_t at, std::uint32_t* out) {
    const __m512i wanted = _mm512_maskz_compress_epi8(mask, _mm512_loadu_si512(kByteNumbers.data()));
    store(_mm512_maskz_extracti32x4_epi32(0xf, wanted, 0), at, out);
    if (count > kAtOnce) [[unlikely]] {
      std::array<std::uint8_t, kScanBytes> places;
      _mm512_storeu_si512(places.data(), wanted);
      for (std::uint32_t done = kAtOnce; done < count; done += kAtOnce) {
        store(_mm_loadu_si128(reinterpret_cast<const __m128i*>(places.data() + done)), at, out + done);
      }
    }
  }
  __attribute__((target("pclmul"))) static std::uint64_t prefix_xor(std::uint64_t mask) {
    return prefix_xor_by_product(mask);
  }

 private:
  static constexpr std::uint32_t kAtOnce = 16;
  static_assert(kAtOnce <= kScanSlack);

  __attribute__((target("avx512f"))) static void store(__m128i places, std::uint32_t at, std::uint32_t* out) {
    // Without a mask, g++ 12 warns of the intrinsics' own undefined operands.
    static constexpr __mmask16 kAll = 0xffff;
    _mm512_storeu_si512(
        out, _mm512_add_epi32(_mm512_set1_epi32(static_cast<int>(at)), _mm512_maskz_cvtepu8_epi32(kAll, places)));
  }
};

#endif

}  // namespace shardflow
