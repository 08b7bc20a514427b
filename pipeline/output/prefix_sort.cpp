#include "pipeline/output/prefix_sort.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "pipeline/output/bit_extraction.hpp"

namespace shardflow {
namespace {

// Two digits' counters are 16 KiB, which a first-level cache holds beside what is read.
constexpr int kDigitBits = 11;
constexpr std::uint32_t kDigitMask = (std::uint32_t{1} << kDigitBits) - 1;
constexpr int kBits = 2 * kDigitBits;
// Of fewer, comparing is cheaper than going through the counters.
constexpr std::size_t kFewRecords = 256;

using Counters = std::array<std::uint32_t, std::size_t{1} << kDigitBits>;

// The bits that tell the records' order: those that differ, but for one that is as the next higher one in all records.
// Among text's bytes that is one of the two in which digits differ from the zeros behind a shorter key.
std::uint64_t telling_bits(std::span<const SortedRecord> records) {
  std::uint64_t any = 0;
  std::uint64_t all = ~std::uint64_t{0};
  std::uint64_t unlike_next = 0;
  for (const SortedRecord& record : records) {
    any |= record.prefix;
    all &= record.prefix;
    unlike_next |= record.prefix ^ record.prefix >> 1;
  }
  return any & ~all & unlike_next;
}

// From how often each digit is there to where its first record goes.
void make_positions(Counters& counters) {
  std::uint32_t sum = 0;
  for (std::uint32_t& counter : counters) counter = std::exchange(sum, sum + counter);
}

}  // namespace

void PrefixSort::operator()(std::span<SortedRecord> records) {
  if (records.size() < kFewRecords) {
    std::ranges::sort(records, {}, &SortedRecord::prefix);
  } else if (const std::uint64_t telling = telling_bits(records); telling != 0) {
    sort_telling(records, telling);
  }
}

void PrefixSort::sort_telling(std::span<SortedRecord> records, std::uint64_t telling) {
  const std::size_t count = records.size();
  if (sorted_.size() < count) {
    sorted_.resize(count);
    digits_.resize(count);
    half_sorted_.resize(count);
  }
  const std::uint64_t mask = highest_bits(telling, kBits);
  extract_bits(&records.front().prefix, sizeof records[0], count, mask, digits_.data());
  Counters low{};
  Counters high{};
  for (std::size_t i = 0; i < count; ++i) {
    ++low[digits_[i] & kDigitMask];
    ++high[digits_[i] >> kDigitBits];
  }
  make_positions(low);
  make_positions(high);
  for (std::size_t i = 0; i < count; ++i) {
    half_sorted_[low[digits_[i] & kDigitMask]++] = {digits_[i] >> kDigitBits, static_cast<std::uint32_t>(i)};
  }
  for (std::size_t i = 0; i < count; ++i) {
    const HalfSorted& next = half_sorted_[i];
    sorted_[high[next.high_digit]++] = records[next.index];
  }
  std::copy_n(sorted_.begin(), count, records.begin());

  if (mask != telling) for_each_tie(records, mask, *this);
}

}  // namespace shardflow
