// Lines of a block that is not parsed yet.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace shardflow {

// The length of the first lines of `text`, as many as there are up to `left`, their LFs included (the last line of a
// file may lack its own). Takes their number off `left`.
inline std::size_t take_lines(std::string_view text, std::uint64_t& left) {
  std::size_t end = 0;
  while (end < text.size() && left > 0) {
    end = std::min(text.find('\n', end), text.size() - 1) + 1;
    --left;
  }
  return end;
}

}  // namespace shardflow
