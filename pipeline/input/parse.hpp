// The records of a block, in whatever format its file has.
#pragma once

#include "pipeline/block.hpp"
#include "pipeline/input/csv.hpp"
#include "pipeline/input/escaped_tsv.hpp"
#include "pipeline/input/jsonl.hpp"
#include "pipeline/input/tsv.hpp"

namespace shardflow {

// Calls emit(Fields) for each record in turn, and returns what is none. Fields that are escaped or quoted are
// rewritten in their place, so the text can be parsed once. The block may grow before the first call: what points into
// it is to be asked for in emit().
template <class Emit>
Parsed parse_records(Block& block, const RecordRules& rules, Emit&& emit) {
  const std::size_t bytes = block.text().size();
  // The others do not look at a text from its first byte to its last.
  if (block.format.kind != TextFormat::Kind::kTsv) block.read_text();
  switch (block.format.kind) {
    case TextFormat::Kind::kEscapedTsv:
      return parse_escaped_tsv(block.data_of_text(), bytes, rules, emit);
    case TextFormat::Kind::kCsv:
      return parse_csv(block.data_of_text(), bytes, block.format, rules, emit);
    case TextFormat::Kind::kJsonLines: {
      JsonRecords found = parse_json_lines(block, rules);
      for (const Fields& fields : found.records) emit(fields);
      return std::move(found.parsed);
    }
    default:
      return parse_tsv(block.text(), rules, emit, [&block](std::uint32_t end) { block.read_text(end); });
  }
}

}  // namespace shardflow
