// What is told of a run's latencies: from a record's arrival until it is in its shard.
#pragma once

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <string>

#include "pipeline/measure/histogram.hpp"

namespace shardflow::app {

struct LatencySummary {
  std::uint64_t count = 0;  // records
  // The time that half of them, 90 % … did not exceed.
  std::uint64_t p50_ns = 0;
  std::uint64_t p90_ns = 0;
  std::uint64_t p99_ns = 0;
  std::uint64_t p999_ns = 0;
  std::uint64_t max_ns = 0;

  static LatencySummary of(const Histogram& histogram);
  // REQUIRES: JSON that json() made.
  static LatencySummary of(const nlohmann::json& json);
  nlohmann::ordered_json json() const;
};

// The whole distribution, [value, count] by bucket: runs in other processes are merged by it.
nlohmann::ordered_json histogram_json(const Histogram& histogram);
// REQUIRES: JSON that it made.
Histogram::Counts counts_of(const nlohmann::json& json);

// "312 ns", "1.20 us", "48.1 ms", "2.00 s": three significant digits.
std::string human_ns(double ns);

}  // namespace shardflow::app
