// One measured run.
#pragma once

#include <algorithm>
#include <cstdint>
#include <iterator>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "app/latency.hpp"
#include "pipeline/measure/environment.hpp"

namespace shardflow::app {

// One run of one mode, in a process of its own.
struct Sample {
  double ns_per_record = 0;
  double wall_s = 0;
  double user_s = 0;
  double system_s = 0;
  std::uint64_t voluntary_switches = 0;
  std::uint64_t involuntary_switches = 0;
  std::uint64_t peak_resident_bytes = 0;
  std::uint64_t records = 0;
  std::uint64_t keys = 0;
  std::uint64_t skipped_records = 0;  // bad ones; not in what was read from a file
  std::string digest;
  std::optional<LatencySummary> latency;  // where it was asked for
  Histogram::Counts distribution;         // of the latencies; empty in what was read from a file
};

// One field of all samples.
template <class Field>
std::vector<double> column(std::span<const Sample> samples, Field field) {
  std::vector<double> values;
  std::ranges::transform(samples, std::back_inserter(values),
                         [&](const Sample& sample) { return static_cast<double>(sample.*field); });
  return values;
}

nlohmann::ordered_json json_of(const Sample& sample);
nlohmann::ordered_json json_of(const std::vector<Sample>& samples);
nlohmann::ordered_json json_of(const Environment& environment);

// In one line. What is not UTF-8, as a file's name may be, is replaced by U+FFFD.
std::string dumped(const nlohmann::ordered_json& json);

}  // namespace shardflow::app
