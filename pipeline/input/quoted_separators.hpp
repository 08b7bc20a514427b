// Where the separators of a CSV text stand that are not in quotes, and whether all quotes are where they may be.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace shardflow {

struct QuotedSeparators {
  const std::uint32_t* end = nullptr;  // of the positions
  // No quote is in the midst of a field, or behind a field's closing quote.
  bool well_quoted = true;
  bool doubled = false;    // there are quotes that are doubled
  bool line_ends = false;  // there are LFs in quotes
};

// A way to find them, for the processors that have its instructions.
struct QuotedScan {
  const char* name;
  bool supported;  // here
  // Looks at text[begin, end), which begins with a record, and writes the positions of all delimiters and LFs outside
  // quotes to `out`, ascending; they mean something only where all is well quoted. Room and readable bytes as with
  // SeparatorScan. REQUIRES: the delimiter is no quote, CR or LF.
  QuotedSeparators (*find)(const char* text, std::uint32_t begin, std::uint32_t end, char delimiter,
                           std::uint32_t* out);
};

// The best first; the last one is supported everywhere.
std::span<const QuotedScan> quoted_scans();

// The best that this processor has. As QuotedScan::find.
QuotedSeparators find_quoted_separators(const char* text, std::uint32_t begin, std::uint32_t end, char delimiter,
                                        std::uint32_t* out);

}  // namespace shardflow
