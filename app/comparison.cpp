#include "app/comparison.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "app/terminal.hpp"

namespace shardflow::app {
namespace {

std::string range(const Interval& interval) {
  return short_number(interval.low) + " to " + short_number(interval.high);
}

std::string marked(const ModeSamples& mode) { return mode.mode + (mode.prefix_only ? " *" : ""); }

std::string time_table(const Comparison& comparison) {
  const double confidence = median_interval(column(comparison.modes[0].samples, &Sample::ns_per_record)).confidence;
  const std::string interval = fixed(100 * confidence, 0) + " % interval";
  std::string text = left("mode", 14) + right("ns/record", 10) + right(interval, 18) + right("speed-up", 12) +
                     right(interval, 18) + "\n";
  for (std::size_t i = 0; i < comparison.modes.size(); ++i) {
    const ModeSamples& mode = comparison.modes[i];
    const auto times = column(mode.samples, &Sample::ns_per_record);
    text += left(marked(mode), 14) + right(short_number(median(times)), 10) + right(range(median_interval(times)), 18);
    const SpeedUp gain = speed_up(comparison, i);
    text += right(short_number(gain.median), 12) + (i == 0 ? "" : right(range(gain.interval), 18)) + "\n";
  }
  return text;
}

std::string cost_table(const Comparison& comparison) {
  std::string text = left("mode", 14) + right("user ns", 10) + right("system ns", 12) + right("switches", 12) +
                     right("forced", 10) + right("peak MB", 10) + "\n";
  for (const ModeSamples& mode : comparison.modes) {
    const auto middle = [&](auto field) { return median(column(mode.samples, field)); };
    const auto records = static_cast<double>(mode.samples.front().records);
    text += left(marked(mode), 14) + right(short_number(middle(&Sample::user_s) * 1e9 / records), 10) +
            right(short_number(middle(&Sample::system_s) * 1e9 / records), 12) +
            right(fixed(middle(&Sample::voluntary_switches), 0), 12) +
            right(fixed(middle(&Sample::involuntary_switches), 0), 10) +
            right(fixed(middle(&Sample::peak_resident_bytes) / 1e6, 0), 10) + "\n";
  }
  return text;
}

// Medians over the rounds of what half of the records, 90 % … did not exceed.
std::string latency_table(const Comparison& comparison) {
  std::string text = left("latency", 14);
  for (const char* const column : {"50 %", "90 %", "99 %", "99.9 %", "max"}) text += right(column, 12);
  text += "\n";
  for (const ModeSamples& mode : comparison.modes) {
    text += left(marked(mode), 14);
    for (const auto field : {&LatencySummary::p50_ns, &LatencySummary::p90_ns, &LatencySummary::p99_ns,
                             &LatencySummary::p999_ns, &LatencySummary::max_ns}) {
      std::vector<double> times;
      for (const Sample& sample : mode.samples) times.push_back(static_cast<double>(sample.latency.value().*field));
      text += right(human_ns(median(times)), 12);
    }
    text += "\n";
  }
  return text;
}

}  // namespace

SpeedUp speed_up(const Comparison& comparison, std::size_t mode) {
  const auto ratios = paired_ratios(column(comparison.modes[mode].samples, &Sample::ns_per_record),
                                    column(comparison.modes[0].samples, &Sample::ns_per_record));
  return {median(ratios), median_interval(ratios)};
}

std::string comparison_text(const Comparison& comparison) {
  std::string text = with_commas(comparison.records) + " records, " + with_commas(comparison.keys) + " keys; " +
                     std::to_string(comparison.threads) + " threads, " + std::to_string(comparison.shards) +
                     " shards; medians of " + std::to_string(comparison.rounds()) +
                     " rounds\nspeed-up: " + comparison.modes.front().mode +
                     "'s time over the mode's, round by round; all maps were checked\n\n";
  text += time_table(comparison) + "\n" + cost_table(comparison);
  if (comparison.modes.front().samples.front().latency) text += "\n" + latency_table(comparison);
  if (std::ranges::any_of(comparison.modes, &ModeSamples::prefix_only)) {
    text += "\n* too slow for all of it: the first " + with_commas(comparison.prefix_records) + " records\n";
  }
  return text;
}

std::string comparison_json(const Comparison& comparison) {
  nlohmann::ordered_json modes = nlohmann::ordered_json::array();
  for (std::size_t i = 0; i < comparison.modes.size(); ++i) {
    const ModeSamples& mode = comparison.modes[i];
    const SpeedUp gain = speed_up(comparison, i);
    modes.push_back({{"mode", mode.mode},
                     {"prefix_only", mode.prefix_only},
                     {"speed_up",
                      {{"median", gain.median},
                       {"low", gain.interval.low},
                       {"high", gain.interval.high},
                       {"confidence", gain.interval.confidence}}},
                     {"samples", json_of(mode.samples)}});
  }
  const nlohmann::ordered_json json{{"schema", 1},
                                    {"kind", "comparison"},
                                    {"command", comparison.command},
                                    {"environment", json_of(comparison.environment)},
                                    {"threads", comparison.threads},
                                    {"shards", comparison.shards},
                                    {"records", comparison.records},
                                    {"keys", comparison.keys},
                                    {"prefix_records", comparison.prefix_records},
                                    {"modes", std::move(modes)}};
  return dumped(json);
}

}  // namespace shardflow::app
