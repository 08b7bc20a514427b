#include "pipeline/input/recognise_format.hpp"

#include <array>
#include <utility>

#include "pipeline/input/jsonl.hpp"

namespace shardflow {
namespace {

// Whether a quote comes behind the brace.
bool name_follows(std::string_view line) {
  const std::size_t next = line.find_first_not_of(' ', 1);
  return next != std::string_view::npos && line[next] == '"';
}

}  // namespace

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
  const bool has_tab = line.find('\t') != std::string_view::npos;
  // A key of TSV may begin like an object, and be one; and an object may be broken. No field of CSV begins so.
  if (line.starts_with('{') && (is_json_object(line) || (!has_tab && name_follows(line)))) {
    return TextFormat::Kind::kJsonLines;
  }
  if (has_tab) return TextFormat::Kind::kTsv;
  return line.find(delimiter) != std::string_view::npos ? TextFormat::Kind::kCsv : TextFormat::Kind::kTsv;
}

}  // namespace shardflow
