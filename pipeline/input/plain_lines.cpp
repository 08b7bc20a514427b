#include "pipeline/input/plain_lines.hpp"

#include <algorithm>
#include <array>
#include <cstring>

#include "pipeline/input/line_lists.hpp"
#include "pipeline/input/processors.hpp"

namespace shardflow {
namespace {

template <class Processor>
[[gnu::always_inline]] inline PlainLines find(const char* text, std::uint32_t begin, std::uint32_t end, char separator,
                                              LinePositions& positions) {
  LineLists lists(positions);
  std::uint64_t carriage_returns = 0;
  const auto look_at = [&](std::uint32_t at, std::uint64_t here) __attribute__((always_inline)) {
    const auto [separators, ends, returns] = Processor::masks(text + at, separator, '\n', '\r');
    carriage_returns |= returns & here;
    return lists.add<Processor>(separators & here, ends & here, at);
  };
  if (!for_each_stretch(begin, end, look_at)) return {};
  return lists.lines(text, begin, carriage_returns != 0, {});
}

// What is in quotes in the first line, if it is as plain as they all should be.
LineQuotes quotes_of_line(const char* line, const char* end, char separator) {
  const bool of_key = *line == '"';
  const auto rest = static_cast<std::size_t>(end - line - 1);
  const auto* at = static_cast<const char*>(std::memchr(line + 1, of_key ? '"' : separator, rest));
  if (at == nullptr) return {};
  if (of_key) ++at;
  return {static_cast<std::uint32_t>(of_key), static_cast<std::uint32_t>(at[1] == '"')};
}

// Where quotes open as in the first line, and nowhere else, none is doubled, and all lines are alike.
template <class Processor>
[[gnu::always_inline]] inline PlainLines find_quoted(const char* text, std::uint32_t begin, std::uint32_t end,
                                                     char separator, LinePositions& positions) {
  if (begin == end) return {};
  const LineQuotes quotes = quotes_of_line(text + begin, text + end, separator);
  const std::uint64_t opens_key = std::uint64_t{0} - quotes.of_key;
  const std::uint64_t opens_value = std::uint64_t{0} - quotes.of_value;
  LineLists lists(positions);
  std::uint64_t inside = 0;        // all bits: what comes next is in quotes
  std::uint64_t before_key = 1;    // bit 0: what comes next is a key
  std::uint64_t before_value = 0;  // bit 0: a value
  std::uint64_t closed = 0;        // bit 0: it is behind a closing quote
  std::uint64_t returned = 0;      // bit 0: behind a closing quote and a CR
  std::uint64_t flaws = 0;
  std::uint64_t carriage_returns = 0;
  const auto look_at = [&](std::uint32_t at, std::uint64_t here) __attribute__((always_inline)) {
    const auto [all_quotes, all_separators, all_ends, returns] =
        Processor::masks(text + at, '"', separator, '\n', '\r');
    const std::uint64_t in_quotes = Processor::prefix_xor(all_quotes) ^ inside;
    const std::uint64_t separators = all_separators & ~in_quotes;
    const std::uint64_t ends = all_ends & ~in_quotes;
    const std::uint64_t closing = all_quotes & ~in_quotes;
    const std::uint64_t should_open =
        ((ends << 1 | before_key) & opens_key) | ((separators << 1 | before_value) & opens_value);
    std::uint64_t ill_closed = (closing << 1 | closed) & ~(separators | ends);
    if ((returns | returned) != 0) {
      const std::uint64_t behind = ill_closed & returns;
      ill_closed = (ill_closed & ~returns) | ((behind << 1 | returned) & ~ends);
      returned = behind >> 63;
      carriage_returns |= returns & here;
    }
    flaws |= here & ((should_open ^ (all_quotes & in_quotes)) | ill_closed | (all_ends & in_quotes));
    inside = spread_last(in_quotes);
    before_key = ends >> 63;
    before_value = separators >> 63;
    closed = closing >> 63;
    return lists.add<Processor>(separators & here, ends & here, at);
  };
  if (!for_each_stretch(begin, end, look_at) || flaws != 0) return {};
  return lists.lines(text, begin, carriage_returns != 0, quotes);
}

PlainLines find_anywhere(const char* text, std::uint32_t begin, std::uint32_t end, char separator,
                         LinePositions& positions) {
  return find<AnyProcessor>(text, begin, end, separator, positions);
}

PlainLines find_quoted_anywhere(const char* text, std::uint32_t begin, std::uint32_t end, char separator,
                                LinePositions& positions) {
  return find_quoted<AnyProcessor>(text, begin, end, separator, positions);
}

#if defined(__x86_64__)

[[gnu::flatten]] __attribute__((target("avx2,bmi,popcnt"))) PlainLines find_avx2(const char* text, std::uint32_t begin,
                                                                                 std::uint32_t end, char separator,
                                                                                 LinePositions& positions) {
  return find<Avx2>(text, begin, end, separator, positions);
}

[[gnu::flatten]] __attribute__((target("avx2,bmi,popcnt,pclmul"))) PlainLines find_quoted_avx2(
    const char* text, std::uint32_t begin, std::uint32_t end, char separator, LinePositions& positions) {
  return find_quoted<Avx2>(text, begin, end, separator, positions);
}

[[gnu::flatten]] __attribute__((target("avx512f,avx512bw,avx512vl,avx512vbmi2,popcnt"))) PlainLines find_avx512(
    const char* text, std::uint32_t begin, std::uint32_t end, char separator, LinePositions& positions) {
  return find<Avx512>(text, begin, end, separator, positions);
}

[[gnu::flatten]] __attribute__((target("avx512f,avx512bw,avx512vl,avx512vbmi2,bmi,bmi2,popcnt,pclmul"))) PlainLines
find_quoted_avx512(const char* text, std::uint32_t begin, std::uint32_t end, char separator, LinePositions& positions) {
  return find_quoted<Avx512>(text, begin, end, separator, positions);
}

#endif

const PlainLinesWay& best_way() {
  static const PlainLinesWay& best = *std::ranges::find_if(plain_lines_ways(), &PlainLinesWay::supported);
  return best;
}

}  // namespace

std::span<const PlainLinesWay> plain_lines_ways() {
  static const std::array kWays {
#if defined(__x86_64__)
    PlainLinesWay{"AVX-512 VBMI2", Avx512::supported(), find_avx512, find_quoted_avx512},
        PlainLinesWay{"AVX2", Avx2::supported(), find_avx2, find_quoted_avx2},
#endif
        PlainLinesWay{"any processor", true, find_anywhere, find_quoted_anywhere},
  };
  return kWays;
}

PlainLines find_plain_lines(const char* text, std::uint32_t begin, std::uint32_t end, char separator,
                            LinePositions& positions) {
  return best_way().find(text, begin, end, separator, positions);
}

PlainLines find_quoted_lines(const char* text, std::uint32_t begin, std::uint32_t end, char separator,
                             LinePositions& positions) {
  return best_way().find_quoted(text, begin, end, separator, positions);
}

}  // namespace shardflow
