#include "pipeline/output/splitters.hpp"

#include <algorithm>
#include <bit>

namespace shardflow {

Splitters::Splitters(std::vector<std::uint64_t> samples, std::size_t cuts) {
  std::ranges::sort(samples);
  for (std::size_t i = 1; i <= cuts; ++i) {
    const std::uint64_t number = samples[i * samples.size() / (cuts + 1)];
    if (splitters_.empty() || splitters_.back() < number) {
      splitters_.push_back(number);
    } else if (splitters_.back() == number && number != UINT64_MAX) {
      splitters_.push_back(number + 1);
    }
  }
  cuts_ = static_cast<std::uint32_t>(splitters_.size());
  splitters_.resize(std::bit_ceil(ranges()) - 1, UINT64_MAX);
}

}  // namespace shardflow
