// Lines of a key, one separator (a TAB, or a CSV file's delimiter), a value and LF or CRLF: what nearly all of such a
// file is. Where it has quotes, it is the same of all lines that follow each other whether their keys and their values
// are in quotes, and nothing in these is a quote or a line end. They are found and checked many at a time; whatever
// else there is, is left to a parser that looks at each separator.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include "pipeline/input/fields.hpp"
#include "pipeline/input/separators.hpp"

namespace shardflow {

// 1 where each line's key, or value, is in quotes, which are no part of it; or else 0: what there is on either side.
struct LineQuotes {
  std::uint32_t of_key = 0;
  std::uint32_t of_value = 0;

  bool any() const { return of_key + of_value != 0; }
};

// Lines that follow each other. All lists are as long as there are lines.
struct PlainLines {
  std::uint32_t begin = 0;                    // of the first line
  std::span<const std::uint32_t> separators;  // where that of each is
  std::span<const std::uint32_t> value_ends;  // where its value and the quote behind end: at its LF, or the CR before
  std::span<const std::uint32_t> ends;        // where its LF is
  std::uint32_t longest_key = 0;              // bytes
  LineQuotes quotes = {};

  std::size_t count() const { return ends.size(); }
  // Of the i-th line, which begins at `line`. REQUIRES: kQuotes, or no quotes: then there is nothing to add for them.
  template <bool kQuotes>
  Fields fields(std::size_t i, std::uint32_t line) const {
    const auto [of_key, of_value] = kQuotes ? quotes : LineQuotes{};
    return {line + of_key, separators[i] - line - 2 * of_key, separators[i] + 1 + of_value,
            value_ends[i] - separators[i] - 1 - 2 * of_value};
  }
  // Calls visit(Fields) for each line.
  template <class Visit>
  void for_each(Visit&& visit) const {
    quotes.any() ? visit_all<true>(visit) : visit_all<false>(visit);
  }
  // Up to `most` lines, from the i-th on. REQUIRES: i < count().
  PlainLines part(std::size_t i, std::size_t most) const {
    const std::size_t size = std::min(most, count() - i);
    return {i == 0 ? begin : ends[i - 1] + 1,
            separators.subspan(i, size),
            value_ends.subspan(i, size),
            ends.subspan(i, size),
            longest_key,
            quotes};
  }

 private:
  template <bool kQuotes, class Visit>
  void visit_all(Visit& visit) const {
    std::uint32_t line = begin;
    for (std::size_t i = 0; i < count(); ++i) {
      visit(fields<kQuotes>(i, line));
      line = ends[i] + 1;
    }
  }
};

// Where the separators and the line ends of a stretch of text are.
struct LinePositions {
  // So much text at a time: what is listed of it stays in the first-level cache.
  static constexpr std::uint32_t kStrideBytes = 4096;

  // Behind each list there is room for positions that are written, wanted or not.
  using List = std::array<std::uint32_t, kStrideBytes / 4 + kScanBytes>;
  List separators;
  List value_ends;
  List ends;
};

// A way to find plain lines, for the processors that have its instructions.
struct PlainLinesWay {
  const char* name;
  bool supported;  // here
  // The lines of text[begin, end), which begins with a line, as far as they end there. None if one of them is no plain
  // line, or where they are so short that 64 bytes have more than 16.
  // The result points into `positions`. REQUIRES: the separator is no CR or LF; end - begin <= kStrideBytes, kScanBytes
  // readable bytes behind.
  PlainLines (*find)(const char* text, std::uint32_t begin, std::uint32_t end, char separator,
                     LinePositions& positions);
  // Likewise, where there are quotes; `find` takes them for bytes as any others.
  PlainLines (*find_quoted)(const char* text, std::uint32_t begin, std::uint32_t end, char separator,
                            LinePositions& positions);
};

// The best first; the last one is supported everywhere.
std::span<const PlainLinesWay> plain_lines_ways();

// The best that this processor has.
PlainLines find_plain_lines(const char* text, std::uint32_t begin, std::uint32_t end, char separator,
                            LinePositions& positions);
PlainLines find_quoted_lines(const char* text, std::uint32_t begin, std::uint32_t end, char separator,
                             LinePositions& positions);

}  // namespace shardflow
