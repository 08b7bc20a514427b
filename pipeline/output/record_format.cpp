#include "pipeline/output/record_format.hpp"

#include <simdjson.h>

#include <array>
#include <cassert>
#include <cstring>

#include "pipeline/byte_order_mark.hpp"
#include "pipeline/errors.hpp"
#include "pipeline/input/csv_record_ends.hpp"
#include "pipeline/input/decoder.hpp"
#include "pipeline/input/jsonl.hpp"

namespace shardflow {
namespace {

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

void check_value_is_key(std::string_view key, std::string_view value) {
  if (value != key) refuse(key, "--key and --value are one field, and it has another value");
}

// The value is to be read as all that stands behind the key's field.
void check_rest(std::string_view key, std::string_view value, char delimiter) {
  if (value.empty()) return;
  CsvRecordEnds ends(delimiter, {}, 0);
  const bool is_rest =
      ends.next(value) == value.size() && !ends.bad_quote() && !value.ends_with('\n') && !value.ends_with('\r');
  if (!is_rest) refuse(key, "its value is no rest of a CSV record, as --value rest has it");
}

// The value is to be read as a line that has the key in it.
void check_line(std::string_view key, std::string_view value, const JsonFields& fields) {
  const bool is_line = !value.empty() && value.find('\n') == std::string_view::npos &&
                       std::string_view(" \t\r").find(value.back()) == std::string_view::npos;
  if (is_line && json_key(value, fields) == key) return;
  refuse(key, "its value is no line of JSON with that key, as --value . has it");
}

// Letter of a two-character escape, or 0. The same in TSV and, but for the quote, in JSON.
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

bool would_be_misread(std::string_view text) {
  assert(!text.empty());
  return text.starts_with(kByteOrderMark) || coding_of(text) != Coding::kPlain || foreign_coding_of(text) != nullptr;
}

void append_escaped(std::string& text, std::string_view field) {
  for (const char c : field) {
    if (const char letter = escape_letter(c)) {
      text += {'\\', letter};
    } else {
      text += c;
    }
  }
}

void append_csv_field(std::string& text, std::string_view field, char delimiter) {
  const std::array<char, 4> quoted{delimiter, '"', '\r', '\n'};
  if (field.find_first_of(quoted.data(), 0, quoted.size()) == std::string_view::npos &&
      !field.starts_with(kByteOrderMark)) {
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

void append_json_string(std::string& text, std::string_view field, std::string_view key) {
  if (!simdjson::validate_utf8(field.data(), field.size())) refuse(key, "it is not UTF-8, which JSON must be");
  text += '"';
  for (const char c : field) append_json_character(text, c);
  text += '"';
}

template <>
void append_record<RecordFormat::kTsv>(std::string& text, std::string_view key, std::string_view value,
                                       const RecordLayout&) {
  check_tsv(key, value);
  text += key;
  text += '\t';
  text += value;
  if (value.ends_with('\r')) text += '\r';  // the reader takes one off
  text += '\n';
}

template <>
void append_record<RecordFormat::kEscapedTsv>(std::string& text, std::string_view key, std::string_view value,
                                              const RecordLayout&) {
  append_escaped(text, key);
  text += '\t';
  append_escaped(text, value);
  text += '\n';
}

template <>
void append_record<RecordFormat::kCsv>(std::string& text, std::string_view key, std::string_view value,
                                       const RecordLayout& layout) {
  text += layout.before;
  append_csv_field(text, layout.value_first ? value : key, layout.delimiter);
  text += layout.between;
  if (layout.value_is_key) {
    check_value_is_key(key, value);
  } else if (layout.value_is_rest) {
    check_rest(key, value, layout.delimiter);
    text += value;
  } else {
    append_csv_field(text, layout.value_first ? key : value, layout.delimiter);
  }
  text += '\n';
}

template <>
void append_record<RecordFormat::kJsonLines>(std::string& text, std::string_view key, std::string_view value,
                                             const RecordLayout& layout) {
  if (layout.value_is_line) {
    check_line(key, value, layout.fields);
    text += value;
    text += '\n';
    return;
  }
  text += layout.before;
  append_json_string(text, key, key);
  if (layout.value_is_key) {
    check_value_is_key(key, value);
  } else {
    text += layout.between;
    append_json_string(text, value, key);
  }
  text += layout.behind;
  text += '\n';
}

}  // namespace shardflow
