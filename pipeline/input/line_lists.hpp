// The lists that plain lines are found by, filled 64 bytes at a time, and the check of what they hold.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>

#include "pipeline/input/plain_lines.hpp"

namespace shardflow {

class LineLists {
 public:
  explicit LineLists(LinePositions& positions)
      : positions_(positions), separators_(positions.separators.data()), ends_(positions.ends.data()) {}

  // The bits of both masks are bytes behind `at`. False: they are too many.
  template <class Processor>
  [[gnu::always_inline]] bool add(std::uint64_t separators, std::uint64_t ends, std::uint32_t at) {
    const std::uint32_t separator_count = Processor::count(separators);
    const std::uint32_t end_count = Processor::count(ends);
    if (separator_count > kMostOfScan || end_count > kMostOfScan) [[unlikely]]
      return false;
    Processor::template list<4>(separators, separator_count, at, separators_);
    Processor::template list<4>(ends, end_count, at, ends_);
    separators_ += separator_count;
    ends_ += end_count;
    return true;
  }

  // The lines, of which the first one begins at `begin`; none if one of them is no plain line.
  [[gnu::always_inline]] PlainLines lines(const char* text, std::uint32_t begin, bool any_return, LineQuotes quotes) {
    const auto count = static_cast<std::size_t>(ends_ - positions_.ends.data());
    const auto separator_count = static_cast<std::size_t>(separators_ - positions_.separators.data());
    if (count == 0 || separator_count < count) return {};
    // Of the line that does not end here, there may be a separator; any other would be one too many.
    if (separator_count > count && positions_.separators[count] < ends_[-1]) return {};
    const Checked checked = check(begin, count, static_cast<std::int32_t>(1 + 2 * quotes.of_key));
    if (!checked.plain) return {};
    if (any_return) list_value_ends(text, count);
    return {begin,
            {positions_.separators.data(), count},
            {any_return ? positions_.value_ends.data() : positions_.ends.data(), count},
            {positions_.ends.data(), count},
            checked.longest_key - 2 * quotes.of_key,
            quotes};
  }

 private:
  // Of separators, or of LFs, in 64 bytes.
  static constexpr std::uint32_t kMostOfScan = 16;

  // Eight positions. The compiler makes of it what the processor has that a function is for.
  static constexpr std::size_t kLanes = 8;
  using Lanes = std::int32_t __attribute__((vector_size(4 * kLanes)));

  [[gnu::always_inline]] static void load(Lanes& lanes, const std::uint32_t* from) {
    std::memcpy(&lanes, from, sizeof lanes);
  }

  struct Checked {
    bool plain;
    std::uint32_t longest_key;  // with its quotes
  };

  // Whether each separator is behind a key of `least` bytes and before its line's end. Distances are within a stride,
  // so they are right with a sign, wherever in a block it is.
  [[gnu::always_inline]] Checked check(std::uint32_t begin, std::size_t count, std::int32_t least) const {
    const std::uint32_t* const separators = positions_.separators.data();
    const std::uint32_t* const ends = positions_.ends.data();
    std::int32_t flaws = 0;
    std::int32_t longest = 0;
    const auto one = [&](std::uint32_t line, std::size_t i) {
      const auto key_bytes = static_cast<std::int32_t>(separators[i] - line);
      flaws |= (key_bytes - least) | static_cast<std::int32_t>(ends[i] - separators[i]);
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
      lanes_flaws |= (key_bytes - least) | (end - separator);
      lanes_longest = key_bytes > lanes_longest ? key_bytes : lanes_longest;
    }
    for (std::size_t lane = 0; lane < kLanes; ++lane) {
      flaws |= lanes_flaws[lane];
      longest = std::max(longest, lanes_longest[lane]);
    }
    for (; i < count; ++i) one(ends[i - 1] + 1, i);
    return {flaws >= 0, static_cast<std::uint32_t>(longest)};
  }

  void list_value_ends(const char* text, std::size_t count) {
    for (std::size_t i = 0; i < count; ++i) {
      const std::uint32_t last = positions_.ends[i];
      positions_.value_ends[i] = last - static_cast<std::uint32_t>(text[last - 1] == '\r');
    }
  }

  LinePositions& positions_;
  std::uint32_t* separators_;  // behind what is listed
  std::uint32_t* ends_;
};

}  // namespace shardflow
