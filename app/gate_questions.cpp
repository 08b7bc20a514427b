#include "app/gate_questions.hpp"

#include <algorithm>

namespace shardflow::app {

std::size_t pairs_of(const GateTurns& turns) { return turns[kBase].size() / 2; }

std::vector<double> block_values(std::span<const GateSample> turns, const GateMetric& metric) {
  const auto value = [&](const GateSample& sample) { return std::max(metric.value(sample).value_or(0), metric.least); };
  std::vector<double> values;
  for (std::size_t turn = 0; turn + 1 < turns.size(); turn += 2) {
    values.push_back(std::min(value(turns[turn]), value(turns[turn + 1])));
  }
  return values;
}

bool is_told(const GateTurns& turns, const GateMetric& metric) {
  return std::ranges::all_of(turns, [&](const std::vector<GateSample>& samples) {
    return std::ranges::all_of(samples, [&](const GateSample& s) { return metric.value(s).has_value(); });
  });
}

GateQuestion gate_question(std::size_t workload, const GateMetric& metric, Range allowed, const GateTurns& turns) {
  const std::vector<double> base = block_values(turns[kBase], metric);
  return {workload, allowed, paired_ratios(base, block_values(turns[kHere], metric)),
          paired_ratios(base, block_values(turns[kControl], metric)), std::nullopt};
}

GateSamples gate_samples(const std::map<std::string, double>& allowed, std::span<const GateWorkload> workloads) {
  GateSamples samples;
  for (std::size_t i = 0; i < workloads.size(); ++i) {
    std::optional<std::size_t> wall;
    for (const GateMetric& metric : gate_metrics()) {
      const auto bound = allowed.find(std::string(metric.name));
      if (bound == allowed.end() || !is_told(workloads[i].first, metric)) continue;
      if (metric.name == "wall") wall = samples.first.size();
      if (metric.name == "cpu" && wall) samples.first[*wall].voucher = samples.first.size();
      const Range range{0, bound->second};
      samples.first.push_back(gate_question(i, metric, range, workloads[i].first));
      samples.confirmation.push_back(gate_question(i, metric, range, workloads[i].confirmation));
    }
  }
  return samples;
}

}  // namespace shardflow::app
