// Which format a file has, where nobody says.
#pragma once

#include <optional>
#include <string_view>

#include "pipeline/input/text_format.hpp"

namespace shardflow {

// By the end of its name, before .gz and the like: .tsv, .csv, .jsonl, .ndjson. Nothing for other names.
std::optional<TextFormat::Kind> kind_of_name(std::string_view name);

// By its first line: a JSON object (or what begins like one, and has no TAB), or else what has a TAB, or else what has
// the delimiter; and TSV, if it is none.
TextFormat::Kind kind_of_line(std::string_view line, char delimiter);

}  // namespace shardflow
