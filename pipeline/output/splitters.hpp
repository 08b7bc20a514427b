// Numbers that cut the range of all numbers into ranges of about as many records each.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace shardflow {

class Splitters {
 public:
  // At most `cuts` places, at quantiles of the samples, and behind each of those numbers that is at several quantiles,
  // which so has a range of its own. REQUIRES: cuts < 2^31.
  Splitters(std::vector<std::uint64_t> samples, std::size_t cuts);

  std::size_t ranges() const { return std::size_t{cuts_} + 1; }
  // Is it one number's?
  bool is_single(std::size_t range) const {
    return range != 0 && range != cuts_ && splitters_[range] - splitters_[range - 1] == 1;
  }
  // The numbers' ranges, which are in the order of the numbers. Many at once, because each step of a search waits for
  // the one before, and without a branch, because nobody can foretell which way it goes.
  template <std::size_t count>
  std::array<std::size_t, count> ranges_of(const std::array<std::uint64_t, count>& numbers) const {
    std::array<std::size_t, count> ranges{};
    for (std::size_t step = (splitters_.size() + 1) / 2; step != 0; step /= 2) {
      const std::uint64_t* const splitters = splitters_.data() + step - 1;
#pragma GCC unroll 16
      for (std::size_t i = 0; i < count; ++i) {
        ranges[i] += step & -static_cast<std::size_t>(splitters[ranges[i]] <= numbers[i]);
      }
    }
    for (std::size_t& range : ranges) range = std::min<std::size_t>(range, cuts_);
    return ranges;
  }

 private:
  std::vector<std::uint64_t> splitters_;  // in order; behind them as many of the largest as make it 2^n - 1
  std::uint32_t cuts_;
};

}  // namespace shardflow
