#include "pipeline/input/quoted_separators.hpp"

#include <algorithm>
#include <array>

#include "pipeline/input/processors.hpp"

namespace shardflow {
namespace {

template <class Processor>
[[gnu::always_inline]] inline QuotedSeparators find(const char* text, std::uint32_t begin, std::uint32_t end,
                                                    char delimiter, std::uint32_t* out) {
  std::uint64_t inside = 0;    // all bits: what comes next is in quotes
  std::uint64_t may_open = 1;  // bit 0: what comes next is behind a separator or a closing quote
  std::uint64_t closed = 0;    // bit 0: behind a closing quote
  std::uint64_t returned = 0;  // bit 0: behind a closing quote and a CR
  std::uint64_t misplaced = 0;
  std::uint64_t doubled = 0;
  std::uint64_t line_ends = 0;
  const auto look_at = [&](std::uint32_t at, std::uint64_t here) __attribute__((always_inline)) {
    const auto [quotes, delimiters, line_feeds, returns] = Processor::masks(text + at, '"', delimiter, '\n', '\r');
    const std::uint64_t in_quotes = Processor::prefix_xor(quotes) ^ inside;
    const std::uint64_t opening = quotes & in_quotes;
    const std::uint64_t closing = quotes & ~in_quotes;
    const std::uint64_t separators = (delimiters | line_feeds) & ~in_quotes;
    const std::uint64_t before_opening = separators | closing;
    const std::uint64_t behind = closing << 1 | closed;
    const std::uint64_t return_behind = behind & returns;
    misplaced |= here & ((opening & ~(before_opening << 1 | may_open)) | (behind & ~(separators | opening | returns)) |
                         ((return_behind << 1 | returned) & ~(line_feeds & ~in_quotes)));
    doubled |= here & behind & opening;
    line_ends |= here & line_feeds & in_quotes;
    inside = spread_last(in_quotes);
    may_open = before_opening >> 63;
    closed = closing >> 63;
    returned = return_behind >> 63;
    const std::uint64_t wanted = separators & here;
    const std::uint32_t count = Processor::count(wanted);
    Processor::template list<8>(wanted, count, at, out);
    out += count;
    return true;
  };
  for_each_stretch(begin, end, look_at);
  return {out, misplaced == 0, doubled != 0, line_ends != 0};
}

QuotedSeparators find_anywhere(const char* text, std::uint32_t begin, std::uint32_t end, char delimiter,
                               std::uint32_t* out) {
  return find<AnyProcessor>(text, begin, end, delimiter, out);
}

#if defined(__x86_64__)

[[gnu::flatten]] __attribute__((target("avx2,bmi,popcnt,pclmul"))) QuotedSeparators find_avx2(
    const char* text, std::uint32_t begin, std::uint32_t end, char delimiter, std::uint32_t* out) {
  return find<Avx2>(text, begin, end, delimiter, out);
}

[[gnu::flatten]] __attribute__((target("avx512f,avx512bw,avx512vl,avx512vbmi2,bmi,bmi2,popcnt,pclmul")))
QuotedSeparators
find_avx512(const char* text, std::uint32_t begin, std::uint32_t end, char delimiter, std::uint32_t* out) {
  return find<Avx512>(text, begin, end, delimiter, out);
}

#endif

}  // namespace

std::span<const QuotedScan> quoted_scans() {
  static const std::array kScans {
#if defined(__x86_64__)
    QuotedScan{"AVX-512 VBMI2", Avx512::supported(), find_avx512}, QuotedScan{"AVX2", Avx2::supported(), find_avx2},
#endif
        QuotedScan{"any processor", true, find_anywhere},
  };
  return kScans;
}

QuotedSeparators find_quoted_separators(const char* text, std::uint32_t begin, std::uint32_t end, char delimiter,
                                        std::uint32_t* out) {
  static const auto kBest = std::ranges::find_if(quoted_scans(), &QuotedScan::supported)->find;
  return kBest(text, begin, end, delimiter, out);
}

}  // namespace shardflow
