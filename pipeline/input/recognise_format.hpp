// Which format a file has, where nobody says.
#pragma once

#include <optional>
#include <string_view>

#include "pipeline/input/text_format.hpp"

namespace shardflow {

// By the end of its name, before .gz and the like: .tsv, .csv, .jsonl, .ndjson, in any case. Nothing for other names.
// `delimiter` is that of CSV: where it is TAB, what would be TSV is CSV.
std::optional<TextFormat::Kind> kind_of_name(std::string_view file, char delimiter);

// By its first line: what has a TAB, or else a JSON object or what begins like one, or else what has the delimiter; and
// TSV, if it is none. Where `delimiter` is TAB, what would be TSV is CSV.
TextFormat::Kind kind_of_line(std::string_view line, char delimiter);

}  // namespace shardflow
