#include "app/latency.hpp"

#include <array>
#include <nlohmann/json.hpp>
#include <string_view>

#include "app/terminal.hpp"

namespace shardflow::app {

LatencySummary LatencySummary::of(const Histogram& histogram) {
  return {histogram.count(),           histogram.value_at_ns(0.5),   histogram.value_at_ns(0.9),
          histogram.value_at_ns(0.99), histogram.value_at_ns(0.999), histogram.max_ns()};
}

LatencySummary LatencySummary::of(const nlohmann::json& json) {
  return {json["count"], json["p50_ns"], json["p90_ns"], json["p99_ns"], json["p999_ns"], json["max_ns"]};
}

nlohmann::ordered_json LatencySummary::json() const {
  return {{"count", count},   {"p50_ns", p50_ns},   {"p90_ns", p90_ns},
          {"p99_ns", p99_ns}, {"p999_ns", p999_ns}, {"max_ns", max_ns}};
}

nlohmann::ordered_json histogram_json(const Histogram& histogram) {
  nlohmann::ordered_json json = nlohmann::ordered_json::array();
  for (const auto& [value_ns, count] : histogram.counts()) json.push_back({value_ns, count});
  return json;
}

Histogram::Counts counts_of(const nlohmann::json& json) {
  Histogram::Counts counts;
  for (const auto& each : json) counts.push_back({each[0], each[1]});
  return counts;
}

std::string human_ns(double ns) {
  constexpr std::array<std::string_view, 4> kUnits{" ns", " us", " ms", " s"};
  std::size_t unit = 0;
  for (; ns >= 999.5 && unit + 1 < kUnits.size(); ++unit) ns /= 1000;
  return fixed(ns, unit == 0 || ns >= 99.95 ? 0 : ns >= 9.995 ? 1 : 2) + std::string(kUnits[unit]);
}

}  // namespace shardflow::app
