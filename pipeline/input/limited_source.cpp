#include "pipeline/input/limited_source.hpp"

#include "pipeline/input/take_records.hpp"

namespace shardflow {

bool LimitedSource::next(Block& block) {
  if (left_ == 0 || !source_.next(block)) return false;
  // The share was of the whole input, of which nobody knows how much these records are.
  block.input_share = 0;
  const std::size_t end = take_records(block.text(), block.format, rules_, left_);
  const auto begin = static_cast<std::size_t>(block.data_of_text() - block.data());
  block.set_text(begin, begin + end);
  return true;
}

}  // namespace shardflow
