#include "pipeline/input/recognise_format.hpp"

#include <array>
#include <utility>

#include "pipeline/input/jsonl.hpp"

namespace shardflow {

std::optional<TextFormat::Kind> kind_of_name(std::string_view name) {
  using Kind = TextFormat::Kind;
  constexpr std::array<std::pair<std::string_view, Kind>, 4> kEndings{
      {{".tsv", Kind::kTsv}, {".csv", Kind::kCsv}, {".jsonl", Kind::kJsonLines}, {".ndjson", Kind::kJsonLines}}};
  for (const std::string_view packed : {".gz", ".zst", ".lz4"}) {
    if (name.ends_with(packed)) name.remove_suffix(packed.size());
  }
  for (const auto& [ending, kind] : kEndings) {
    if (name.ends_with(ending)) return kind;
  }
  return std::nullopt;
}

TextFormat::Kind kind_of_line(std::string_view line, char delimiter) {
  // A key of TSV may begin like an object.
  if (line.starts_with('{') && is_json_object(line)) return TextFormat::Kind::kJsonLines;
  if (line.find('\t') != std::string_view::npos) return TextFormat::Kind::kTsv;
  return line.find(delimiter) != std::string_view::npos ? TextFormat::Kind::kCsv : TextFormat::Kind::kTsv;
}

}  // namespace shardflow
