// The records of a block, in whatever format its file has.
#pragma once

#include <cstdint>
#include <optional>

#include "pipeline/block.hpp"
#include "pipeline/input/csv.hpp"
#include "pipeline/input/escaped_tsv.hpp"
#include "pipeline/input/tsv.hpp"

namespace shardflow {

// Calls emit(Fields) for each record in turn; stops at the first that is none and returns where it stands. Fields that
// are escaped or quoted are rewritten in their place, so the text can be parsed once.
template <class Emit>
std::optional<BadLine> parse_records(Block& block, std::uint32_t max_record_bytes, Emit&& emit) {
  const std::size_t bytes = block.text().size();
  switch (block.format.kind) {
    case TextFormat::Kind::kEscapedTsv:
      return parse_escaped_tsv(block.data_of_text(), bytes, max_record_bytes, emit);
    case TextFormat::Kind::kCsv:
      return parse_csv(block.data_of_text(), bytes, block.format, max_record_bytes, emit);
    default:
      return parse_tsv(block.text(), max_record_bytes, emit);
  }
}

}  // namespace shardflow
