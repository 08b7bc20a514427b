#include "pipeline/mode/latency_log.hpp"

#include <algorithm>

#include "pipeline/clock.hpp"

namespace shardflow {

Histogram LatencyLog::merged() const {
  Histogram all;
  for (const Histogram& each : histograms_) all.merge(each);
  return all;
}

void LatencyLog::record(Histogram& histogram, const Arrival& arrival, std::uint64_t records) {
  const std::int64_t now_ns = steady_ns();
  const auto since = [&](std::int64_t came_ns) {
    return static_cast<std::uint64_t>(std::max<std::int64_t>(now_ns - came_ns, 0));
  };
  if (arrival.interval_ns == 0) {
    histogram.record(since(arrival.first_ns), records);
    return;
  }
  for (std::uint64_t i = 0; i < records; ++i) histogram.record(since(arrival.of_record(i)));
}

}  // namespace shardflow
