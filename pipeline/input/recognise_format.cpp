#include "pipeline/input/recognise_format.hpp"

#include <algorithm>
#include <array>
#include <string>
#include <utility>

#include "pipeline/input/jsonl.hpp"

namespace shardflow {
namespace {

// Whether a quote comes behind the brace.
bool name_follows(std::string_view line) {
  const std::size_t next = line.find_first_not_of(' ', 1);
  return next != std::string_view::npos && line[next] == '"';
}

TextFormat::Kind with_tabs(char delimiter) {
  return delimiter == '\t' ? TextFormat::Kind::kCsv : TextFormat::Kind::kTsv;
}

}  // namespace

std::optional<TextFormat::Kind> kind_of_name(std::string_view file, char delimiter) {
  std::string lower(file);
  std::ranges::transform(lower, lower.begin(),
                         [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 32) : c; });
  std::string_view name = lower;
  using enum TextFormat::Kind;
  const std::array<std::pair<std::string_view, TextFormat::Kind>, 4> endings{
      {{".tsv", with_tabs(delimiter)}, {".csv", kCsv}, {".jsonl", kJsonLines}, {".ndjson", kJsonLines}}};
  for (const std::string_view packed : {".gz", ".zst", ".lz4"}) {
    if (name.ends_with(packed)) name.remove_suffix(packed.size());
  }
  for (const auto& [ending, kind] : endings) {
    if (name.ends_with(ending)) return kind;
  }
  return std::nullopt;
}

TextFormat::Kind kind_of_line(std::string_view line, char delimiter) {
  // A TAB says it, whatever stands before: a key of TSV may be an object, or its start. In JSON it may stand between
  // two tokens, but hardly anybody writes so.
  if (line.find('\t') != std::string_view::npos) return with_tabs(delimiter);
  // An object may be broken. No field of CSV begins so.
  if (line.starts_with('{') && (is_json_object(line) || name_follows(line))) return TextFormat::Kind::kJsonLines;
  return line.find(delimiter) != std::string_view::npos ? TextFormat::Kind::kCsv : with_tabs(delimiter);
}

}  // namespace shardflow
