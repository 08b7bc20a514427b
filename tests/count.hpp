// How often a text has a word.
#pragma once

#include <cstddef>
#include <string_view>

namespace testing {

// Those that overlap count once.
inline std::size_t count(std::string_view text, std::string_view word) {
  std::size_t found = 0;
  for (std::size_t at = text.find(word); at != std::string_view::npos; at = text.find(word, at + word.size())) ++found;
  return found;
}

}  // namespace testing
