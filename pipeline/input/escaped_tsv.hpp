// TSV with escapes.
#pragma once

#include <cstdint>
#include <cstring>
#include <string_view>

#include "pipeline/input/tsv.hpp"

namespace shardflow {
namespace escaped_tsv {

// What stands for a backslash and this letter: a control byte, or else the letter itself.
constexpr char unescaped(char letter) {
  switch (letter) {
    case 't':
      return '\t';
    case 'n':
      return '\n';
    case 'r':
      return '\r';
    case 'b':
      return '\b';
    case 'f':
      return '\f';
    case 'v':
      return '\v';
    case '0':
      return '\0';
    default:
      return letter;
  }
}

// Unescapes a field in its place and returns its new length. \N, which stands for SQL's NULL where it is all of a
// field, stays as it is; so does a backslash at the end.
inline std::uint32_t unescape(char* field, std::uint32_t bytes) {
  const auto* const first = static_cast<const char*>(std::memchr(field, '\\', bytes));
  if (first == nullptr || std::string_view(field, bytes) == "\\N") return bytes;
  char* to = field + (first - field);
  for (const char* from = first; from != field + bytes; ++from) {
    *to++ = *from == '\\' && from + 1 != field + bytes ? unescaped(*++from) : *from;
  }
  return static_cast<std::uint32_t>(to - field);
}

}  // namespace escaped_tsv

// As parse_tsv, and rewrites fields that have escapes in their place: `text` must be the caller's own.
template <class Emit>
Parsed parse_escaped_tsv(char* text, std::size_t bytes, const RecordRules& rules, Emit&& emit) {
  if (std::memchr(text, '\\', bytes) == nullptr) return parse_tsv({text, bytes}, rules, emit);
  return parse_tsv({text, bytes}, rules, [&](Fields fields) {
    fields.key_bytes = escaped_tsv::unescape(text + fields.key_offset, fields.key_bytes);
    fields.value_bytes = escaped_tsv::unescape(text + fields.value_offset, fields.value_bytes);
    emit(fields);
  });
}

}  // namespace shardflow
