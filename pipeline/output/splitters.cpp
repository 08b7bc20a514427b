#include "pipeline/output/splitters.hpp"

#include <algorithm>
#include <bit>

#include "pipeline/output/bit_extraction.hpp"

namespace shardflow {
namespace {

// The table has four to eight places a splitter: digits, which are most keys' bytes, are ten of the sixteen that four
// bits tell apart, and so one or two steps are left to search. With eight to sixteen it is no faster, because they take
// a first-level cache.
constexpr int kBitsMore = 2;

// The first of the steps of a search that may go so far.
std::uint32_t first_step(std::uint32_t most) { return std::bit_ceil(most + 1) / 2; }

}  // namespace

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
  splitters_.resize(2 * std::bit_ceil(ranges()), UINT64_MAX);
  index();
}

void Splitters::index() {
  std::uint64_t differing = 0;
  for (std::size_t i = 0; i < cuts_; ++i) differing |= splitters_[i] ^ splitters_.front();
  bits_ = highest_bits(differing, std::countr_zero(std::bit_ceil(ranges())) + kBitsMore);
  const std::uint64_t below = bits_ == 0 ? ~std::uint64_t{0} : (bits_ & -bits_) - 1;
  other_bits_ = ~bits_ & ~below;
  others_ = splitters_.front() & other_bits_;
  std::uint32_t most = 0;
  for (std::uint64_t combination = 0;; combination = ((combination | ~bits_) + 1) & bits_) {
    Ranges ranges;
    search_all({others_ | combination, others_ | combination | below}, ranges);
    starts_.push_back(ranges[0]);
    most = std::max(most, ranges[1] - ranges[0]);
    if (combination == bits_) break;
  }
  step_ = first_step(most);
}

Splitters::Ranges Splitters::ranges_of(const Numbers& numbers) const {
  Ranges ranges;
  extract_bits(numbers.data(), sizeof numbers[0], kGroup, bits_, ranges.data());
  std::uint64_t unlike = 0;
  for (std::size_t i = 0; i < kGroup; ++i) {
    unlike |= (numbers[i] ^ others_) & other_bits_;
    ranges[i] = starts_[ranges[i]];
  }
  if (unlike == 0) [[likely]] {
    search(numbers, step_, ranges);
  } else {
    search_all(numbers, ranges);
  }
  return ranges;
}

void Splitters::search_all(const Numbers& numbers, Ranges& ranges) const {
  ranges.fill(0);
  search(numbers, first_step(cuts_), ranges);
}

// Without a branch, because nobody can foretell which way it goes.
void Splitters::search(const Numbers& numbers, std::uint32_t step, Ranges& ranges) const {
  for (; step != 0; step /= 2) {
    const std::uint64_t* const splitters = splitters_.data() + step - 1;
#pragma GCC unroll 16
    for (std::size_t i = 0; i < kGroup; ++i) {
      ranges[i] += step & -static_cast<std::uint32_t>(splitters[ranges[i]] <= numbers[i]);
    }
  }
  for (std::uint32_t& range : ranges) range = std::min(range, cuts_);
}

}  // namespace shardflow
