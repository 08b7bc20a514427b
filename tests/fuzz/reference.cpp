#include "tests/fuzz/reference.hpp"

#include <nlohmann/json.hpp>

namespace fuzz {
namespace {

std::vector<std::string_view> lines_of(std::string_view text) {
  std::vector<std::string_view> lines;
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    lines.push_back(text.substr(0, end));
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  }
  return lines;
}

std::string unescape(std::string_view field) {
  constexpr std::string_view kLetters = "tnrbfv0";
  constexpr std::string_view kBytes("\t\n\r\b\f\v\0", 7);
  if (field == "\\N") return "\\N";
  std::string text;
  for (std::size_t i = 0; i < field.size(); ++i) {
    if (field[i] != '\\' || i + 1 == field.size()) {
      text += field[i];
      continue;
    }
    const std::size_t letter = kLetters.find(field[++i]);
    text += letter == std::string_view::npos ? field[i] : kBytes[letter];
  }
  return text;
}

// One record of CSV from `at` on; false: it is none.
bool read_record(std::string_view text, std::size_t& at, std::vector<std::string>& fields) {
  fields.assign(1, "");
  bool quoted = false;
  bool closed = false;
  for (; at < text.size(); ++at) {
    const char c = text[at];
    if (quoted) {
      if (c != '"') {
        fields.back() += c;
      } else if (at + 1 < text.size() && text[at + 1] == '"') {
        fields.back() += text[++at];
      } else {
        quoted = false;
        closed = true;
      }
    } else if (c == ',') {
      fields.emplace_back();
      closed = false;
    } else if (c == '\n' || (c == '\r' && at + 1 < text.size() && text[at + 1] == '\n')) {
      at += c == '\r' ? 2 : 1;
      return true;
    } else if (c == '"' && fields.back().empty() && !closed) {
      quoted = true;
    } else if (c == '"' || closed) {
      return false;
    } else {
      fields.back() += c;
    }
  }
  return !quoted;
}

std::string text_of(const nlohmann::json& json) { return json.is_string() ? json.get<std::string>() : json.dump(); }

}  // namespace

Reference tsv(std::string_view text, bool escaped) {
  Reference reference;
  const auto lines = lines_of(text);
  for (std::size_t i = 0; i < lines.size(); ++i) {
    std::string_view line = lines[i];
    const bool ended = i + 1 < lines.size() || text.ends_with('\n');
    const std::size_t tab = line.find('\t');
    if (tab == 0 || tab == std::string_view::npos) {
      reference.bad = true;
      break;
    }
    if (ended && line.ends_with('\r')) line.remove_suffix(1);
    const std::string key(line.substr(0, tab));
    const std::string value(line.substr(tab + 1));
    reference.records.emplace_back(escaped ? unescape(key) : key, escaped ? unescape(value) : value);
  }
  return reference;
}

Reference csv(std::string_view text) {
  Reference reference;
  std::vector<std::string> fields;
  for (std::size_t at = 0; at < text.size();) {
    if (!read_record(text, at, fields) || fields.size() < 2 || fields[0].empty()) {
      reference.bad = true;
      break;
    }
    reference.records.emplace_back(fields[0], fields[1]);
  }
  return reference;
}

Reference json_lines(std::string_view text) {
  Reference reference;
  for (const std::string_view line : lines_of(text)) {
    const auto json = nlohmann::json::parse(line, nullptr, false);
    // The library skips a byte order mark, and takes a NUL for the end.
    reference.bad = line.starts_with("\xef\xbb\xbf") || line.find('\0') != std::string_view::npos ||
                    !json.is_object() || !json.contains("key") || !json.contains("value") ||
                    (json["key"].is_string() && json["key"].get<std::string>().empty());
    if (reference.bad) break;
    reference.records.emplace_back(text_of(json["key"]), text_of(json["value"]));
  }
  return reference;
}

}  // namespace fuzz
