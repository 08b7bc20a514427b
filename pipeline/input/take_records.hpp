// Records of a text that is not parsed yet.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "pipeline/input/text_format.hpp"

namespace shardflow {

// The length of the first records of `text`, as many as there are up to `left`, their line ends included (the last one
// of a file may lack its own). Takes their number off `left`.
inline std::size_t take_records(std::string_view text, const TextFormat& format, std::uint64_t& left) {
  const bool quotes = format.kind == TextFormat::Kind::kCsv;
  bool quoted = false;
  std::size_t end = 0;
  while (end < text.size() && left > 0) {
    const std::size_t next = std::min(text.find('\n', end), text.size() - 1) + 1;
    if (quotes) quoted = quoted != (std::ranges::count(text.substr(end, next - end), '"') % 2 == 1);
    if (!quoted || next == text.size()) --left;
    end = next;
  }
  return end;
}

}  // namespace shardflow
