// A histogram of durations with a bounded relative error, after HdrHistogram by Gil Tene.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace shardflow {

// Counts durations in nanoseconds in buckets: one per value below 256, then 128 per doubling, so that a bucket is
// never wider than 1/128 of what lies in it. 57 KiB, whatever is recorded; none before the first duration.
//
// For one thread; others have their own, merged when they are done.
class Histogram {
 public:
  static constexpr std::uint64_t kLargestValue_ns = (std::uint64_t{1} << 63) - 1;  // 292 years

  // Adds `count` durations of `value_ns`. REQUIRES: value_ns <= kLargestValue_ns.
  void record(std::uint64_t value_ns, std::uint64_t count = 1);

  // Adds all that `other` has recorded, as if it had been recorded here.
  void merge(const Histogram& other);

  std::uint64_t count() const { return count_; }
  // Exact; 0 if nothing was recorded.
  std::uint64_t min_ns() const { return count_ == 0 ? 0 : min_ns_; }
  std::uint64_t max_ns() const { return max_ns_; }

  // Each value counts as the middle of its bucket: within 1/256. 0 if nothing was recorded.
  double mean_ns() const;
  double standard_deviation_ns() const;

  // The least duration that the share `quantile` of all does not exceed: never below the true one, above it by
  // 1/128 at most, and never above max_ns(). 0 if nothing was recorded.
  // REQUIRES: a quantile from 0 to 1.
  std::uint64_t value_at_ns(double quantile) const;

  // What was recorded, by bucket, the empty ones left out: recording each value so often makes a histogram that tells
  // the same, but for min_ns(). For handing it to another process.
  struct Count {
    std::uint64_t value_ns;
    std::uint64_t count;
  };
  using Counts = std::vector<Count>;
  Counts counts() const;

  // The distribution as HdrHistogram writes it to .hgrm files, for its plotters: 5 lines for each halving of the
  // distance to 100 %, values in nanoseconds.
  std::string hgrm() const;

  bool operator==(const Histogram&) const = default;

 private:
  // That of each bucket. Made when needed: what a load allots and never records takes 13 page faults each.
  std::vector<std::uint64_t>& buckets();

  std::vector<std::uint64_t> counts_;
  std::uint64_t count_ = 0;
  std::uint64_t min_ns_ = kLargestValue_ns;
  std::uint64_t max_ns_ = 0;
};

}  // namespace shardflow
