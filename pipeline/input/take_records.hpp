// Records of a text that is not parsed yet.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "pipeline/input/csv_record_ends.hpp"
#include "pipeline/input/fields.hpp"
#include "pipeline/input/text_format.hpp"

namespace shardflow {

// The length of the first records of `text`, bad ones included, as many as there are up to `left`, with their line ends
// (the last one of a file may lack its own). Takes their number off `left`.
inline std::size_t take_records(std::string_view text, const TextFormat& format, const RecordRules& rules,
                                std::uint64_t& left) {
  const bool is_csv = format.kind == TextFormat::Kind::kCsv;
  CsvRecordEnds csv(format.delimiter, rules, 0);
  std::size_t end = 0;
  for (; end < text.size() && left > 0; --left) {
    end = is_csv ? csv.next(text) : std::min(text.find('\n', end), text.size() - 1) + 1;
  }
  return end;
}

}  // namespace shardflow
