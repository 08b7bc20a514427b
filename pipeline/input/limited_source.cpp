#include "pipeline/input/limited_source.hpp"

#include <algorithm>
#include <string_view>

namespace shardflow {

bool LimitedSource::next(Block& block) {
  if (left_ == 0 || !source_.next(block)) return false;
  // The share was of the whole input, of which nobody knows how much these records are.
  block.input_share = 0;
  const std::string_view text = block.text();
  std::size_t end = 0;
  while (end < text.size() && left_ > 0) {
    end = std::min(text.find('\n', end), text.size() - 1) + 1;
    --left_;
  }
  const auto begin = static_cast<std::size_t>(block.data_of_text() - block.data());
  block.set_text(begin, begin + end);
  return true;
}

}  // namespace shardflow
