#include "pipeline/output/record_format.hpp"

#include <simdjson.h>

#include <cstring>

#include "pipeline/errors.hpp"

namespace shardflow {
namespace {

constexpr std::string_view kByteOrderMark = "\xef\xbb\xbf";

bool has(std::string_view text, char c) { return std::memchr(text.data(), c, text.size()) != nullptr; }

[[noreturn]] void refuse(std::string_view key, const std::string& why) {
  throw EncodingError("the record of key \"" + excerpt(key) + "\" can't be written: " + why);
}

void check_tsv(std::string_view key, std::string_view value) {
  if (has(key, '\t')) refuse(key, "TSV has no TAB in a key; write CSV or JSON Lines, or use --escape");
  if (has(key, '\n') || has(value, '\n')) {
    refuse(key, "TSV has no line feed in a record; write CSV or JSON Lines, or use --escape");
  }
}

// Letter of a two-character escape, or 0. The same in TSV dumps and, but for the quote, in JSON.
constexpr char escape_letter(char c) {
  switch (c) {
    case '\t':
      return 't';
    case '\n':
      return 'n';
    case '\r':
      return 'r';
    case '\\':
      return '\\';
    default:
      return 0;
  }
}

void append_json_character(std::string& text, char c) {
  constexpr std::string_view kHex = "0123456789abcdef";
  if (const char letter = c == '"' ? '"' : escape_letter(c)) {
    text += {'\\', letter};
  } else if (static_cast<unsigned char>(c) < 0x20) {
    text += "\\u00";
    text += {kHex[static_cast<unsigned char>(c) >> 4], kHex[c & 15]};
  } else {
    text += c;
  }
}

}  // namespace

void append_escaped(std::string& text, std::string_view field) {
  for (const char c : field) {
    if (const char letter = escape_letter(c)) {
      text += {'\\', letter};
    } else {
      text += c;
    }
  }
}

void append_csv_field(std::string& text, std::string_view field) {
  if (field.find_first_of(",\"\r\n") == std::string_view::npos && !field.starts_with(kByteOrderMark)) {
    text += field;
    return;
  }
  text += '"';
  for (const char c : field) {
    if (c == '"') text += '"';
    text += c;
  }
  text += '"';
}

void append_json_string(std::string& text, std::string_view field) {
  if (!simdjson::validate_utf8(field.data(), field.size())) refuse(field, "it is not UTF-8, which JSON must be");
  text += '"';
  for (const char c : field) append_json_character(text, c);
  text += '"';
}

template <>
void append_record<RecordFormat::kTsv>(std::string& text, std::string_view key, std::string_view value) {
  check_tsv(key, value);
  text += key;
  text += '\t';
  text += value;
  if (value.ends_with('\r')) text += '\r';  // the reader takes one off
  text += '\n';
}

template <>
void append_record<RecordFormat::kEscapedTsv>(std::string& text, std::string_view key, std::string_view value) {
  append_escaped(text, key);
  text += '\t';
  append_escaped(text, value);
  text += '\n';
}

template <>
void append_record<RecordFormat::kCsv>(std::string& text, std::string_view key, std::string_view value) {
  append_csv_field(text, key);
  text += ',';
  append_csv_field(text, value);
  text += '\n';
}

template <>
void append_record<RecordFormat::kJsonLines>(std::string& text, std::string_view key, std::string_view value) {
  text += "{\"key\":";
  append_json_string(text, key);
  text += ",\"value\":";
  append_json_string(text, value);
  text += "}\n";
}

}  // namespace shardflow
