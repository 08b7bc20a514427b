#include "pipeline/input/plain_lines.hpp"

#include <algorithm>
#include <cstring>

#include "pipeline/input/processors.hpp"

namespace shardflow {
namespace {

// Of separators, or of LFs, in 64 bytes.
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

// Whether each separator is behind its line's first byte and before its line's end. Distances are within a stride, so
// they are right with a sign, wherever in a block it is.
[[gnu::always_inline]] inline Checked check(std::uint32_t begin, const std::uint32_t* separators,
                                            const std::uint32_t* ends, std::size_t count) {
  std::int32_t flaws = 0;
  std::int32_t longest = 0;
  const auto one = [&](std::uint32_t line, std::size_t i) {
    const auto key_bytes = static_cast<std::int32_t>(separators[i] - line);
    flaws |= (key_bytes - 1) | static_cast<std::int32_t>(ends[i] - separators[i]);
    longest = std::max(longest, key_bytes);
  };
  one(begin, 0);
  std::size_t i = 1;
  Lanes lanes_flaws{};
  Lanes lanes_longest{};
  for (; i + kLanes <= count; i += kLanes) {
    Lanes before;
    Lanes separator;
    Lanes end;
    load(before, ends + i - 1);
    load(separator, separators + i);
    load(end, ends + i);
    const Lanes key_bytes = separator - before - 1;
    lanes_flaws |= (key_bytes - 1) | (end - separator);
    lanes_longest = key_bytes > lanes_longest ? key_bytes : lanes_longest;
  }
  for (std::size_t lane = 0; lane < kLanes; ++lane) {
    flaws |= lanes_flaws[lane];
    longest = std::max(longest, lanes_longest[lane]);
  }
  for (; i < count; ++i) one(ends[i - 1] + 1, i);
  return {flaws >= 0, static_cast<std::uint32_t>(longest)};
}

template <class Processor>
[[gnu::always_inline]] inline PlainLines find(const char* text, std::uint32_t begin, std::uint32_t end, char separator,
                                              LinePositions& positions) {
  std::uint32_t* separators = positions.separators.data();
  std::uint32_t* ends = positions.ends.data();
  std::uint64_t carriage_returns = 0;
  for (std::uint32_t at = begin; at < end; at += kScanBytes) {
    const auto [all_separators, all_ends, all_returns] = Processor::masks(text + at, separator, '\n', '\r');
    const std::uint64_t here = bits_before(at, end);
    const std::uint64_t separator_mask = all_separators & here;
    const std::uint64_t end_mask = all_ends & here;
    carriage_returns |= all_returns & here;
    const std::uint32_t separator_count = Processor::count(separator_mask);
    const std::uint32_t end_count = Processor::count(end_mask);
    if (separator_count > kMostOfScan || end_count > kMostOfScan) [[unlikely]]
      return {};
    Processor::template list<4>(separator_mask, separator_count, at, separators);
    Processor::template list<4>(end_mask, end_count, at, ends);
    separators += separator_count;
    ends += end_count;
  }
  const auto count = static_cast<std::size_t>(ends - positions.ends.data());
  const auto separator_count = static_cast<std::size_t>(separators - positions.separators.data());
  if (count == 0 || separator_count < count) return {};
  // Of the line that does not end here, there may be a separator; any other would be one too many.
  if (separator_count > count && positions.separators[count] < ends[-1]) return {};
  const Checked checked = check(begin, positions.separators.data(), positions.ends.data(), count);
  if (!checked.plain) return {};
  const bool any_return = carriage_returns != 0;
  if (any_return) {
    for (std::size_t i = 0; i < count; ++i) {
      const std::uint32_t last = positions.ends[i];
      positions.value_ends[i] = last - static_cast<std::uint32_t>(text[last - 1] == '\r');
    }
  }
  return {begin,
          {positions.separators.data(), count},
          {any_return ? positions.value_ends.data() : positions.ends.data(), count},
          {positions.ends.data(), count},
          checked.longest_key};
}

PlainLines find_anywhere(const char* text, std::uint32_t begin, std::uint32_t end, char separator,
                         LinePositions& positions) {
  return find<AnyProcessor>(text, begin, end, separator, positions);
}

#if defined(__x86_64__)

[[gnu::flatten]] __attribute__((target("avx2,bmi,popcnt"))) PlainLines find_avx2(const char* text, std::uint32_t begin,
                                                                                 std::uint32_t end, char separator,
                                                                                 LinePositions& positions) {
  return find<Avx2>(text, begin, end, separator, positions);
}

[[gnu::flatten]] __attribute__((target("avx512f,avx512bw,avx512vl,avx512vbmi2,popcnt"))) PlainLines find_avx512(
    const char* text, std::uint32_t begin, std::uint32_t end, char separator, LinePositions& positions) {
  return find<Avx512>(text, begin, end, separator, positions);
}

#endif

}  // namespace

std::span<const PlainLinesWay> plain_lines_ways() {
  static const std::array kWays {
#if defined(__x86_64__)
    PlainLinesWay{"AVX-512 VBMI2", Avx512::supported(), find_avx512},
        PlainLinesWay{"AVX2", Avx2::supported(), find_avx2},
#endif
        PlainLinesWay{"any processor", true, find_anywhere},
  };
  return kWays;
}

PlainLines find_plain_lines(const char* text, std::uint32_t begin, std::uint32_t end, char separator,
                            LinePositions& positions) {
  static const auto kBest = std::ranges::find_if(plain_lines_ways(), &PlainLinesWay::supported)->find;
  return kBest(text, begin, end, separator, positions);
}

}  // namespace shardflow
