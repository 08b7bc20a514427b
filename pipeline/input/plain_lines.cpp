#include "pipeline/input/plain_lines.hpp"

#include <algorithm>
#include <bit>
#include <cstring>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace shardflow {
namespace {

// Of TABs, or of LFs, in 64 bytes.
constexpr std::uint32_t kMostOfScan = 16;

// Eight positions. The compiler makes of it what the processor has that a function is for.
constexpr std::size_t kLanes = 8;
using Lanes = std::int32_t __attribute__((vector_size(4 * kLanes)));

[[gnu::always_inline]] inline void load(Lanes& lanes, const std::uint32_t* from) {
  std::memcpy(&lanes, from, sizeof lanes);
}

struct Checked {
  bool plain;
  std::uint32_t longest_key;
};

// Whether each TAB is behind its line's first byte and before its line's end. Distances are within a stride, so they
// are right with a sign, wherever in a block it is.
[[gnu::always_inline]] inline Checked check(std::uint32_t begin, const std::uint32_t* tabs, const std::uint32_t* ends,
                                            std::size_t count) {
  std::int32_t flaws = 0;
  std::int32_t longest = 0;
  const auto one = [&](std::uint32_t line, std::size_t i) {
    const auto key_bytes = static_cast<std::int32_t>(tabs[i] - line);
    flaws |= (key_bytes - 1) | static_cast<std::int32_t>(ends[i] - tabs[i]);
    longest = std::max(longest, key_bytes);
  };
  one(begin, 0);
  std::size_t i = 1;
  Lanes lanes_flaws{};
  Lanes lanes_longest{};
  for (; i + kLanes <= count; i += kLanes) {
    Lanes before;
    Lanes tab;
    Lanes end;
    load(before, ends + i - 1);
    load(tab, tabs + i);
    load(end, ends + i);
    const Lanes key_bytes = tab - before - 1;
    lanes_flaws |= (key_bytes - 1) | (end - tab);
    lanes_longest = key_bytes > lanes_longest ? key_bytes : lanes_longest;
  }
  for (std::size_t lane = 0; lane < kLanes; ++lane) {
    flaws |= lanes_flaws[lane];
    longest = std::max(longest, lanes_longest[lane]);
  }
  for (; i < count; ++i) one(ends[i - 1] + 1, i);
  return {flaws >= 0, static_cast<std::uint32_t>(longest)};
}

// Of the last 64 bytes that are looked at, those before `end`.
[[gnu::always_inline]] inline std::uint64_t within(std::uint32_t at, std::uint32_t end) {
  return end - at >= kScanBytes ? ~std::uint64_t{0} : (std::uint64_t{1} << (end - at)) - 1;
}

// The masks of 64 bytes: bit i is set where byte i is one.
struct Masks {
  std::uint64_t tabs;
  std::uint64_t ends;
  std::uint64_t carriage_returns;
};

// `Processor` finds masks, counts bits, and lists them: `list(mask, at, out)` writes a mask's first 16 positions.
template <class Processor>
[[gnu::always_inline]] inline PlainLines find(const char* text, std::uint32_t begin, std::uint32_t end,
                                              LinePositions& positions) {
  std::uint32_t* tabs = positions.tabs.data();
  std::uint32_t* ends = positions.ends.data();
  std::uint64_t carriage_returns = 0;
  for (std::uint32_t at = begin; at < end; at += kScanBytes) {
    const Masks masks = Processor::masks(text + at);
    const std::uint64_t here = within(at, end);
    const std::uint64_t tab_mask = masks.tabs & here;
    const std::uint64_t end_mask = masks.ends & here;
    carriage_returns |= masks.carriage_returns & here;
    const std::uint32_t tab_count = Processor::count(tab_mask);
    const std::uint32_t end_count = Processor::count(end_mask);
    if (tab_count > kMostOfScan || end_count > kMostOfScan) [[unlikely]]
      return {};
    Processor::list(tab_mask, tab_count, at, tabs);
    Processor::list(end_mask, end_count, at, ends);
    tabs += tab_count;
    ends += end_count;
  }
  const auto count = static_cast<std::size_t>(ends - positions.ends.data());
  const auto tab_count = static_cast<std::size_t>(tabs - positions.tabs.data());
  if (count == 0 || tab_count < count) return {};
  // Of the line that does not end here, there may be a TAB; any other would be one too many.
  if (tab_count > count && positions.tabs[count] < ends[-1]) return {};
  const Checked checked = check(begin, positions.tabs.data(), positions.ends.data(), count);
  if (!checked.plain) return {};
  const bool any_return = carriage_returns != 0;
  if (any_return) {
    for (std::size_t i = 0; i < count; ++i) {
      const std::uint32_t last = positions.ends[i];
      positions.value_ends[i] = last - static_cast<std::uint32_t>(text[last - 1] == '\r');
    }
  }
  return {begin,
          {positions.tabs.data(), count},
          {any_return ? positions.value_ends.data() : positions.ends.data(), count},
          {positions.ends.data(), count},
          checked.longest_key};
}

// In both that go from bit to bit, four at a time, wanted or not, because a loop that ends where the bits do is
// mispredicted.
struct AnyProcessor {
  static Masks masks(const char* at) {
    return {match_mask(at, '\t', '\t'), match_mask(at, '\n', '\n'), match_mask(at, '\r', '\r')};
  }
  static std::uint32_t count(std::uint64_t mask) { return count_bits(mask); }
  static void list(std::uint64_t mask, std::uint32_t count, std::uint32_t at, std::uint32_t* out) {
    for (std::uint32_t done = 0; done < count; done += 4) {
      for (std::uint32_t i = done; i < done + 4; ++i, mask &= mask - 1) {
        out[i] = at + static_cast<std::uint32_t>(std::countr_zero(mask | (std::uint64_t{1} << 63)));
      }
    }
  }
};

PlainLines find_anywhere(const char* text, std::uint32_t begin, std::uint32_t end, LinePositions& positions) {
  return find<AnyProcessor>(text, begin, end, positions);
}

#if defined(__x86_64__)

struct Avx2 {
  __attribute__((target("avx2"))) static std::uint64_t mask(__m256i low, __m256i high, char byte) {
    const __m256i wanted = _mm256_set1_epi8(byte);
    return static_cast<std::uint32_t>(_mm256_movemask_epi8(_mm256_cmpeq_epi8(low, wanted))) |
           std::uint64_t{static_cast<std::uint32_t>(_mm256_movemask_epi8(_mm256_cmpeq_epi8(high, wanted)))} << 32;
  }
  __attribute__((target("avx2"))) static Masks masks(const char* at) {
    const __m256i low = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(at));
    const __m256i high = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(at) + 1);
    return {mask(low, high, '\t'), mask(low, high, '\n'), mask(low, high, '\r')};
  }
  __attribute__((target("popcnt"))) static std::uint32_t count(std::uint64_t mask) {
    return static_cast<std::uint32_t>(_mm_popcnt_u64(mask));
  }
  __attribute__((target("bmi"))) static void list(std::uint64_t mask, std::uint32_t count, std::uint32_t at,
                                                  std::uint32_t* out) {
    for (std::uint32_t done = 0; done < count; done += 4) {
      for (std::uint32_t i = done; i < done + 4; ++i, mask = _blsr_u64(mask)) {
        out[i] = at + static_cast<std::uint32_t>(_tzcnt_u64(mask));
      }
    }
  }
};

[[gnu::flatten]] __attribute__((target("avx2,bmi,popcnt"))) PlainLines find_avx2(const char* text, std::uint32_t begin,
                                                                                 std::uint32_t end,
                                                                                 LinePositions& positions) {
  return find<Avx2>(text, begin, end, positions);
}

struct Avx512 {
  __attribute__((target("avx512bw"))) static Masks masks(const char* at) {
    const __m512i bytes = _mm512_loadu_si512(at);
    return {_mm512_cmpeq_epi8_mask(bytes, _mm512_set1_epi8('\t')),
            _mm512_cmpeq_epi8_mask(bytes, _mm512_set1_epi8('\n')),
            _mm512_cmpeq_epi8_mask(bytes, _mm512_set1_epi8('\r'))};
  }
  __attribute__((target("popcnt"))) static std::uint32_t count(std::uint64_t mask) {
    return static_cast<std::uint32_t>(_mm_popcnt_u64(mask));
  }
  // Of the numbers 0 to 63 the mask keeps the wanted ones in one instruction, as simdjson's Ice Lake kernel does.
  __attribute__((target("avx512f,avx512bw,avx512vbmi2"))) static void list(std::uint64_t mask, std::uint32_t,
                                                                           std::uint32_t at, std::uint32_t* out) {
    // Without a mask, g++ 12 warns of the intrinsics' own undefined operands.
    static constexpr __mmask16 kAll = 0xffff;
    const __m512i wanted = _mm512_maskz_compress_epi8(mask, _mm512_loadu_si512(kByteNumbers.data()));
    const __m512i first = _mm512_maskz_cvtepu8_epi32(kAll, _mm512_maskz_extracti32x4_epi32(0xf, wanted, 0));
    _mm512_storeu_si512(out, _mm512_add_epi32(_mm512_set1_epi32(static_cast<int>(at)), first));
  }
};

[[gnu::flatten]] __attribute__((target("avx512f,avx512bw,avx512vl,avx512vbmi2,popcnt"))) PlainLines find_avx512(
    const char* text, std::uint32_t begin, std::uint32_t end, LinePositions& positions) {
  return find<Avx512>(text, begin, end, positions);
}

#endif

}  // namespace

std::span<const PlainLinesWay> plain_lines_ways() {
  static const std::array kWays {
#if defined(__x86_64__)
    PlainLinesWay{"AVX-512 VBMI2",
                  __builtin_cpu_supports("avx512vbmi2") && __builtin_cpu_supports("avx512bw") &&
                      __builtin_cpu_supports("avx512vl"),
                  find_avx512},
        PlainLinesWay{"AVX2", __builtin_cpu_supports("avx2") && __builtin_cpu_supports("bmi"), find_avx2},
#endif
        PlainLinesWay{"any processor", true, find_anywhere},
  };
  return kWays;
}

PlainLines find_plain_lines(const char* text, std::uint32_t begin, std::uint32_t end, LinePositions& positions) {
  static const auto kBest = std::ranges::find_if(plain_lines_ways(), &PlainLinesWay::supported)->find;
  return kBest(text, begin, end, positions);
}

}  // namespace shardflow
