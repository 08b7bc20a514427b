// What a parser finds in a text: records, and what is none.
#pragma once

#include <cstdint>
#include <vector>

namespace shardflow {

// Where the fields of a record lie, by offsets from the start of the text.
struct Fields {
  std::uint32_t key_offset;
  std::uint32_t key_bytes;
  std::uint32_t value_offset;
  std::uint32_t value_bytes;
};

enum class Flaw {
  kNoTab,
  kEmptyKey,
  kTooLong,
  kTooFewFields,
  kQuote,
  kUnclosedQuote,
  kNotJson,
  kNoKeyField,
  kNoValueField,
};

// A line that is no record.
struct BadLine {
  Flaw flaw;
  std::uint32_t offset;          // of the line's start in the text
  std::uint32_t bytes;           // of the line, without its LF
  std::uint64_t line;            // counted from 0 at the text's start
  const char* detail = nullptr;  // what the JSON parser says, where it says more
};

// What a record may be, and what is to be done where it is none.
struct RecordRules {
  std::uint32_t max_record_bytes = UINT32_MAX;
  bool skip_bad = false;  // go on behind a bad line; else stop there

  // What may tell whether a record is within the limit: its most, CR and LF.
  std::uint64_t window_bytes() const { return std::uint64_t{max_record_bytes} + 2; }
};

struct Parsed {
  std::uint64_t lines = 0;  // up to where parsing stopped
  std::vector<BadLine> bad;
};

}  // namespace shardflow
