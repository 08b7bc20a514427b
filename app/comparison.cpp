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

// One round has no interval.
bool has_intervals(const Comparison& comparison) { return comparison.rounds() > 1; }

std::string time_table(const Comparison& comparison) {
  const bool intervals = has_intervals(comparison);
  const double confidence = median_interval(column(comparison.modes[0].samples, &Sample::ns_per_record)).confidence;
  const std::string heading = intervals ? right(fixed(100 * confidence, 0) + " % interval", 18) : "";
  const auto shown = [&](const Interval& interval) { return intervals ? right(range(interval), 18) : ""; };
  std::string text = left("mode", 14) + right("ns/record", 10) + heading + right("speed-up", 12) + heading + "\n";
  for (std::size_t i = 0; i < comparison.modes.size(); ++i) {
    const ModeSamples& mode = comparison.modes[i];
    const auto times = column(mode.samples, &Sample::ns_per_record);
    text += left(marked(mode), 14) + right(short_number(median(times)), 10) + shown(median_interval(times));
    const SpeedUp gain = speed_up(comparison, i);
    text += right(short_number(gain.median), 12) + (i == 0 ? "" : shown(gain.interval)) + "\n";
  }
  return text;
}

// What is per record stays comparable where a mode ran on a part only; and so do switches per 1,000.
std::string cost_table(const Comparison& comparison) {
  std::string text = left("mode", 14) + right("user ns", 10) + right("system ns", 12) + right("voluntary", 14) +
                     right("forced", 10) + right("peak MB", 12) + "\n";
  for (const ModeSamples& mode : comparison.modes) {
    const auto records = static_cast<double>(mode.samples.front().records);
    const auto middle = [&](auto field) { return median(column(mode.samples, field)); };
    const auto each = [&](auto field, double unit) { return short_number(middle(field) * unit / records); };
    text += left(marked(mode), 14) + right(each(&Sample::user_s, 1e9), 10) + right(each(&Sample::system_s, 1e9), 12) +
            right(each(&Sample::voluntary_switches, 1e3), 14) + right(each(&Sample::involuntary_switches, 1e3), 10) +
            right(fixed(middle(&Sample::peak_resident_bytes) / 1e6, 0), 12) + "\n";
  }
  return text + "voluntary (a thread waits) and forced: context switches per 1,000 records\n";
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

std::string rounds_text(const Comparison& comparison) {
  return comparison.rounds() == 1 ? "one round" : "medians of " + plural(comparison.rounds(), "round");
}

// Empty where it ended as it should.
std::string stop_text(const Comparison& comparison) {
  if (comparison.stop == Stop::kNothing) return "";
  const std::string text = comparison.stop == Stop::kOutOfTime ? "stopped at --max-time" : "stopped by a signal";
  if (!has_intervals(comparison)) return text + "\n";
  return text + "; the widest interval of a speed-up is ±" + fixed(100 * widest_uncertainty(comparison), 0) + " %\n";
}

nlohmann::ordered_json json_of(Stop stop) {
  if (stop == Stop::kNothing) return {};
  return stop == Stop::kOutOfTime ? "--max-time" : "signal";
}

}  // namespace

SpeedUp speed_up(const Comparison& comparison, std::size_t mode) {
  const auto ratios = paired_ratios(column(comparison.modes[mode].samples, &Sample::ns_per_record),
                                    column(comparison.modes[0].samples, &Sample::ns_per_record));
  return {median(ratios), median_interval(ratios)};
}

double widest_uncertainty(const Comparison& comparison) {
  double widest = 0;
  for (std::size_t i = 1; i < comparison.modes.size(); ++i) {
    widest = std::max(widest, speed_up(comparison, i).uncertainty());
  }
  return widest;
}

std::string comparison_text(const Comparison& comparison) {
  std::string text = plural(comparison.records, "record") + ", " + plural(comparison.keys, "key") +
                     skipped_text(comparison.skipped_records) + "; " + plural(comparison.threads, "thread") + ", " +
                     plural(comparison.shards, "shard") + "; " + rounds_text(comparison) +
                     "\nspeed-up: " + comparison.modes.front().mode +
                     "'s time over the mode's, round by round; all maps were checked\n" + stop_text(comparison) + "\n";
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
                                    {"settings", comparison.settings},
                                    {"environment", json_of(comparison.environment)},
                                    {"threads", comparison.threads},
                                    {"shards", comparison.shards},
                                    {"records", comparison.records},
                                    {"skipped_records", comparison.skipped_records},
                                    {"keys", comparison.keys},
                                    {"prefix_records", comparison.prefix_records},
                                    {"stopped_by", json_of(comparison.stop)},
                                    {"modes", std::move(modes)}};
  return dumped(json);
}

}  // namespace shardflow::app
