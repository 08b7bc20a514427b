#include "pipeline/input/recognise_format.hpp"

#include <algorithm>
#include <array>
#include <string>
#include <utility>

#include "pipeline/input/jsonl.hpp"

namespace shardflow {
namespace {

std::string_view without_blanks_before(std::string_view text) {
  text.remove_prefix(std::min(text.find_first_not_of(' '), text.size()));
  return text;
}

// What may be an object's, also where it is broken.
bool begins_object(std::string_view line) {
  const std::string_view text = without_blanks_before(line);
  return text.starts_with('{') && (without_blanks_before(text.substr(1)).starts_with('"') || is_json_object(text));
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
  // Hardly any CSV begins so.
  if (begins_object(line)) return TextFormat::Kind::kJsonLines;
  return line.find(delimiter) != std::string_view::npos ? TextFormat::Kind::kCsv : with_tabs(delimiter);
}

}  // namespace shardflow
