// Numbers that cut the range of all numbers into ranges of about as many records each.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace shardflow {

class Splitters {
 public:
  // At most `cuts` places, at quantiles of the samples, and behind each of those numbers that is at several quantiles,
  // which so has a range of its own. REQUIRES: cuts < 2^30, and of more than none, a sample.
  Splitters(std::vector<std::uint64_t> samples, std::size_t cuts);

  std::size_t ranges() const { return std::size_t{cuts_} + 1; }
  // Is it one number's?
  bool is_single(std::size_t range) const {
    return range != 0 && range != cuts_ && splitters_[range] - splitters_[range - 1] == 1;
  }

  // Many at once, because each step of a search waits for the one before.
  static constexpr std::size_t kGroup = 8;
  using Numbers = std::array<std::uint64_t, kGroup>;
  using Ranges = std::array<std::uint32_t, kGroup>;
  // The numbers' ranges, which are in the order of the numbers.
  Ranges ranges_of(const Numbers& numbers) const;

 private:
  void index();
  void search(const Numbers& numbers, std::uint32_t step, Ranges& ranges) const;
  void search_all(const Numbers& numbers, Ranges& ranges) const;

  std::vector<std::uint64_t> splitters_;  // in order; behind them as many of the largest as a search may look at
  std::uint32_t cuts_;

  // Where to begin to search, by the highest bits that differ among the splitters. Says nothing of a number that
  // differs from all of them in another bit above the lowest of these.
  std::uint64_t bits_ = 0;
  std::uint64_t other_bits_ = 0;
  std::uint64_t others_ = 0;           // the other bits, as the splitters have them
  std::vector<std::uint32_t> starts_;  // the ranges of the lowest numbers with each combination of the bits
  std::uint32_t step_ = 0;             // the first of a search from there
};

}  // namespace shardflow
