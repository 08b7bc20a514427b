// JSON's values without parts: RFC 8259, sections 3 and 6. simdjson reads numbers into 64 bits and refuses those that
// do not fit; here their text is what counts.
#pragma once

#include <string_view>

namespace shardflow {
namespace json_scalar {

inline bool is_digit(char c) { return c >= '0' && c <= '9'; }

// Takes digits off the front. False: there is none.
inline bool take_digits(std::string_view& text) {
  if (text.empty() || !is_digit(text.front())) return false;
  while (!text.empty() && is_digit(text.front())) text.remove_prefix(1);
  return true;
}

inline bool is_number(std::string_view text) {
  if (text.starts_with('-')) text.remove_prefix(1);
  if (text.starts_with('0')) {
    text.remove_prefix(1);
  } else if (!take_digits(text)) {
    return false;
  }
  if (text.starts_with('.')) {
    text.remove_prefix(1);
    if (!take_digits(text)) return false;
  }
  if (text.starts_with('e') || text.starts_with('E')) {
    text.remove_prefix(1);
    if (text.starts_with('+') || text.starts_with('-')) text.remove_prefix(1);
    if (!take_digits(text)) return false;
  }
  return text.empty();
}

}  // namespace json_scalar

inline bool is_json_scalar(std::string_view text) {
  return text == "true" || text == "false" || text == "null" || json_scalar::is_number(text);
}

}  // namespace shardflow
