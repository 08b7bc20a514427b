#include "pipeline/measure/histogram.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cassert>
#include <cmath>
#include <cstdio>

namespace shardflow {
namespace {

constexpr int kPrecisionBits = 7;
constexpr std::uint64_t kPerDoubling = std::uint64_t{1} << kPrecisionBits;
constexpr std::uint64_t kExact = 2 * kPerDoubling;  // values below it have a bucket each
constexpr std::uint64_t kDoublings = 55;            // from 2^8 to 2^63
constexpr std::size_t kBuckets = kExact + kDoublings * kPerDoubling;

// The leading 8 bits of a value say which of its doubling's buckets it belongs to; how many bits follow them,
// which doubling. Below 256 the index is the value.
std::size_t bucket_of(std::uint64_t value) {
  const int bits_below = std::max(0, static_cast<int>(std::bit_width(value)) - (kPrecisionBits + 1));
  return static_cast<std::size_t>(bits_below) * kPerDoubling + (value >> bits_below);
}

int bits_below(std::size_t bucket) { return bucket < kExact ? 0 : static_cast<int>(bucket / kPerDoubling) - 1; }

std::uint64_t lowest_in(std::size_t bucket) {
  const int bits = bits_below(bucket);
  return (bucket - static_cast<std::size_t>(bits) * kPerDoubling) << bits;
}

std::uint64_t highest_in(std::size_t bucket) {
  return lowest_in(bucket) + ((std::uint64_t{1} << bits_below(bucket)) - 1);
}

double middle_of(std::size_t bucket) {
  return (static_cast<double>(lowest_in(bucket)) + static_cast<double>(highest_in(bucket))) / 2;
}

double share(std::uint64_t part, std::uint64_t whole) { return static_cast<double>(part) / static_cast<double>(whole); }

double percentage(std::uint64_t part, std::uint64_t whole) {
  return 100 * static_cast<double>(part) / static_cast<double>(whole);
}

// The percentile of the next line: 10 further up to 50, 5 up to 75, 2.5 up to 87.5, and so on. Not a quantile: these
// steps are exact in binary, a tenth is not.
double next_percentile(double percentile) {
  constexpr int kLinesPerHalving = 5;
  const int halvings = std::ilogb(100 / (100 - percentile)) + 1;
  const double next = percentile + std::ldexp(100.0 / kLinesPerHalving, -halvings);
  return next > percentile ? next : 100;  // with more than 2^53 durations a double has no number in between
}

template <typename... Values>
void append(std::string& text, const char* format, Values... values) {
  std::array<char, 128> line;
  const int length = std::snprintf(line.data(), line.size(), format, values...);
  text.append(line.data(), static_cast<std::size_t>(length));
}

void append_line(std::string& text, std::uint64_t value, double percentile, std::uint64_t count) {
  append(text, "%12.3f %2.12f %10llu", static_cast<double>(value), percentile / 100,
         static_cast<unsigned long long>(count));
  if (percentile < 100) append(text, " %14.2f", 100 / (100 - percentile));
  text += '\n';
}

void append_footer(std::string& text, const Histogram& histogram) {
  append(text, "#[Mean    = %12.3f, StdDeviation   = %12.3f]\n", histogram.mean_ns(),
         histogram.standard_deviation_ns());
  append(text, "#[Max     = %12.3f, Total count    = %12llu]\n", static_cast<double>(histogram.max_ns()),
         static_cast<unsigned long long>(histogram.count()));
  append(text, "#[Buckets = %12llu, SubBuckets     = %12llu]\n", static_cast<unsigned long long>(kDoublings + 1),
         static_cast<unsigned long long>(kExact));
}

}  // namespace

std::vector<std::uint64_t>& Histogram::buckets() {
  if (counts_.empty()) counts_.resize(kBuckets, 0);
  return counts_;
}

void Histogram::record(std::uint64_t value_ns, std::uint64_t count) {
  assert(value_ns <= kLargestValue_ns);
  if (count == 0) return;
  buckets()[bucket_of(value_ns)] += count;
  count_ += count;
  min_ns_ = std::min(min_ns_, value_ns);
  max_ns_ = std::max(max_ns_, value_ns);
}

void Histogram::merge(const Histogram& other) {
  if (other.count_ == 0) return;
  std::vector<std::uint64_t>& mine = buckets();
  for (std::size_t bucket = 0; bucket < kBuckets; ++bucket) mine[bucket] += other.counts_[bucket];
  count_ += other.count_;
  min_ns_ = std::min(min_ns_, other.min_ns_);
  max_ns_ = std::max(max_ns_, other.max_ns_);
}

Histogram::Counts Histogram::counts() const {
  Counts counts;
  for (std::size_t bucket = 0; bucket < counts_.size(); ++bucket) {
    if (counts_[bucket] > 0) counts.push_back({std::min(highest_in(bucket), max_ns_), counts_[bucket]});
  }
  return counts;
}

double Histogram::mean_ns() const {
  if (count_ == 0) return 0;
  double mean = 0;
  for (std::size_t bucket = 0; bucket < kBuckets; ++bucket) mean += share(counts_[bucket], count_) * middle_of(bucket);
  return mean;
}

double Histogram::standard_deviation_ns() const {
  if (count_ == 0) return 0;
  const double mean = mean_ns();
  double variance = 0;
  for (std::size_t bucket = 0; bucket < kBuckets; ++bucket) {
    const double distance = middle_of(bucket) - mean;
    variance += share(counts_[bucket], count_) * distance * distance;
  }
  return std::sqrt(variance);
}

std::uint64_t Histogram::value_at_ns(double quantile) const {
  assert(quantile >= 0 && quantile <= 1);
  if (count_ == 0 || quantile == 1) return max_ns_;
  std::uint64_t reached = counts_[0];
  std::size_t bucket = 0;
  while (reached == 0 || share(reached, count_) < quantile) reached += counts_[++bucket];
  return std::min(highest_in(bucket), max_ns_);
}

// A bucket has a line for each percentile that it is the first to reach; the last bucket has one, and that of 100.
std::string Histogram::hgrm() const {
  std::string text = "       Value     Percentile TotalCount 1/(1-Percentile)\n\n";
  std::uint64_t reached = 0;
  double percentile = 0;
  for (std::size_t bucket = 0; reached < count_; ++bucket) {
    if (counts_[bucket] == 0) continue;
    reached += counts_[bucket];
    while (percentile < 100 && percentile <= percentage(reached, count_)) {
      append_line(text, std::min(highest_in(bucket), max_ns_), percentile, reached);
      percentile = next_percentile(percentile);
      if (reached == count_) break;
    }
  }
  if (count_ > 0) append_line(text, max_ns_, 100, count_);
  append_footer(text, *this);
  return text;
}

}  // namespace shardflow
