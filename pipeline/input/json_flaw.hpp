// What is wrong with a line of JSON, in words.
#pragma once

#include <simdjson.h>

namespace shardflow {

// Half a sentence, or nullptr where there is nothing to add to "the line is no JSON object".
inline const char* json_flaw(simdjson::error_code error) {
  switch (error) {
    case simdjson::EMPTY:
      return "it is empty";
    case simdjson::INCOMPLETE_ARRAY_OR_OBJECT:
      return "an object or array in it is not closed, or something follows the object";
    case simdjson::TRAILING_CONTENT:
      return "something follows the object";
    case simdjson::UNCLOSED_STRING:
      return "a string in it is not closed";
    case simdjson::STRING_ERROR:
      return "a string in it has an escape that is none";
    case simdjson::UNESCAPED_CHARS:
      return "a string in it has a control character that is not escaped";
    case simdjson::UTF8_ERROR:
      return "it is not UTF-8";
    case simdjson::DEPTH_ERROR:
      return "it is nested too deep";
    case simdjson::INCORRECT_TYPE:
      return nullptr;
    default:
      return "a name, a value, a colon or a comma is missing, or is none";
  }
}

}  // namespace shardflow
