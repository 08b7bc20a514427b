// JSON Lines: a JSON object a line. A field is a string's content, or any other value's text as it stands.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "pipeline/block.hpp"
#include "pipeline/input/fields.hpp"

namespace shardflow {

struct JsonRecords {
  Parsed parsed;
  std::span<const Fields> records;  // until this thread calls again
};

// Finds the records of a block. Strings that have escapes are rewritten in their place, so the text can be parsed once;
// and where that place is part of the other field, behind the text, for which the block may grow.
// A name that an object has twice counts where it comes last. What is no JSON is refused, in fields that are not asked
// for as well; and what lies in more than 1,000 objects and arrays, of which the line's object is the first.
// What it takes to parse lines of more than 256 KiB, six times the longest, is out of the block's budget meanwhile:
// throws MemoryLimitError beyond. REQUIRES: 64 readable bytes behind the text (Block gives them).
JsonRecords parse_json_lines(Block& block, const RecordRules& rules);

// What the line's field at fields.key is as a key; nothing where the line is no JSON object, or has no such field.
std::optional<std::string> json_key(std::string_view line, const JsonFields& fields);

// Whether the text is one JSON object.
bool is_json_object(std::string_view text);

}  // namespace shardflow
