// What the parsers of TSV and CSV have in common: most of a text goes by as plain lines.
#pragma once

#include <algorithm>
#include <cstdint>
#include <string_view>

#include "pipeline/input/fields.hpp"
#include "pipeline/input/plain_lines.hpp"

namespace shardflow {

// What takes plain lines as they are found.
template <class Emit>
concept TakesLines = requires(Emit& emit, const PlainLines& lines) {
  emit(lines);
};

// Whether a text is looked through for plain lines once more: not if something else was soon between them four times
// one after the other, for then most of it would be read twice.
class PlainLineTries {
 public:
  bool go_on() const { return misses_ < kMostMisses; }
  void learn(std::uint32_t taken_bytes) { misses_ = taken_bytes < kSoonBytes ? misses_ + 1 : 0; }

 private:
  static constexpr int kMostMisses = 4;
  static constexpr std::uint32_t kSoonBytes = 4 * LinePositions::kStrideBytes;

  int misses_ = 0;
};

// Of a text that is there.
struct NoReading {
  void operator()(std::uint32_t) const {}
};

// Hands the plain lines from `begin` on to emit, as far as they follow each other, and adds them to `lines`. Returns
// where they end. With kQuotes, fields may be in quotes; without, a quote is a byte as any other.
// Has read(end) see to it that text[0, end) is there, before it is looked at.
// REQUIRES: kScanBytes readable bytes behind the text.
template <bool kQuotes, class Emit, class Read>
std::uint32_t take_plain_lines(std::string_view text, std::uint32_t begin, char separator, const RecordRules& rules,
                               LinePositions& positions, std::uint64_t& lines, Emit& emit, const Read& read) {
  if (rules.max_record_bytes < LinePositions::kStrideBytes) return begin;
  const auto size = static_cast<std::uint32_t>(text.size());
  while (begin < size) {
    const std::uint32_t end = std::min(size, begin + LinePositions::kStrideBytes);
    read(end);
    const PlainLines found =
        (kQuotes ? find_quoted_lines : find_plain_lines)(text.data(), begin, end, separator, positions);
    if (found.count() == 0) break;
    if constexpr (TakesLines<Emit>) {
      emit(found);
    } else {
      found.for_each(emit);
    }
    lines += found.count();
    begin = found.ends.back() + 1;
  }
  return begin;
}

}  // namespace shardflow
