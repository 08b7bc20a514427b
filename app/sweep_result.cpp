#include "app/sweep_result.hpp"

#include <algorithm>
#include <cmath>
#include <functional>
#include <iterator>
#include <map>
#include <nlohmann/json.hpp>
#include <set>

#include "app/terminal.hpp"
#include "pipeline/quantity.hpp"

namespace shardflow::app {
namespace {

// A table's column that shows an axis of the grid.
struct Axis {
  std::string name;
  std::function<std::string(const SweepPoint&)> value;
};

constexpr std::string_view kNoQueue = "-";

std::string capacity_text(std::size_t capacity) {
  if (capacity == SIZE_MAX) return std::string(kNoQueue);
  return capacity == 0 ? "unbounded" : short_count(capacity);
}

std::vector<Axis> all_axes() {
  return {
      {"records", [](const SweepPoint& p) { return p.at.records == UINT64_MAX ? "all" : short_count(p.at.records); }},
      {"threads", [](const SweepPoint& p) { return std::to_string(p.at.threads); }},
      {"shards", [](const SweepPoint& p) { return std::to_string(p.at.shards); }},
      {"capacity", [](const SweepPoint& p) { return capacity_text(p.at.capacity); }},
      {"block", [](const SweepPoint& p) { return format_bytes(p.at.block_bytes); }},
  };
}

bool varies(const Axis& axis, const std::vector<SweepPoint>& points) {
  std::map<std::string_view, std::set<std::string>> values;
  for (const SweepPoint& point : points) values[point.at.mode].insert(axis.value(point));
  return std::ranges::any_of(values, [](const auto& of_mode) { return of_mode.second.size() > 1; });
}

// Those of which a mode has more than one value.
std::vector<Axis> varying_axes(const Sweep& sweep) {
  std::vector<Axis> axes = all_axes();
  std::erase_if(axes, [&](const Axis& axis) { return !varies(axis, sweep.points); });
  return axes;
}

constexpr std::size_t kAxisWidth = 10;
constexpr std::size_t kIntervalWidth = 18;
constexpr std::size_t kMostAxesWithInterval = 3;  // more would not leave it room in 80 columns

std::string point_row(const SweepPoint& point, const std::vector<Axis>& axes, bool intervals) {
  std::string row = left(std::string(point.at.mode), 12);
  for (const Axis& axis : axes) row += right(axis.value(point), kAxisWidth);
  if (point.samples.empty()) return row + right(point.too_slow ? "too slow" : "not run", kAxisWidth) + "\n";
  const auto times = column(point.samples, &Sample::ns_per_record);
  const Interval interval = median_interval(times);
  row += right(short_number(median(times)), kAxisWidth);
  if (intervals) {
    row += right(short_number(interval.low) + " to " + short_number(interval.high), kIntervalWidth);
  }
  return row + right(fixed(median(column(point.samples, &Sample::peak_resident_bytes)) / 1e6, 0), 8) + "\n";
}

std::size_t most_samples(const Sweep& sweep) {
  std::size_t most = 0;
  for (const SweepPoint& point : sweep.points) most = std::max(most, point.samples.size());
  return most;
}

std::size_t least_samples(const Sweep& sweep) {
  std::size_t least = SIZE_MAX;
  for (const SweepPoint& point : sweep.points) {
    if (!point.too_slow) least = std::min(least, point.samples.size());
  }
  return least;
}

// "; medians of 5 runs". Empty where there is none.
std::string runs_text(const Sweep& sweep) {
  const std::size_t most = most_samples(sweep);
  if (most == 0) return "";
  if (most == 1) return "; one run each; all maps were checked";
  const std::string up_to = least_samples(sweep) < most ? "up to " : "";
  return "; medians of " + up_to + plural(most, "run") + "; all maps were checked";
}

std::string point_table(const Sweep& sweep) {
  const std::vector<Axis> axes = varying_axes(sweep);
  const bool intervals = axes.size() <= kMostAxesWithInterval && most_samples(sweep) > 1;
  std::string text = left("mode", 12);
  for (const Axis& axis : axes) text += right(axis.name, kAxisWidth);
  text += right("ns/record", kAxisWidth);
  if (intervals) {
    const std::vector<double> as_many(most_samples(sweep), 1);
    text += right(fixed(100 * median_interval(as_many).confidence, 0) + " % interval", kIntervalWidth);
  }
  text += right("peak MB", 8) + "\n";
  for (const SweepPoint& point : sweep.points) text += point_row(point, axes, intervals);
  return text;
}

// "6.71 (5.90 to 7.80)", or "6.71 (5.90 or more)".
std::string estimate_text(const Estimate& estimate) {
  constexpr double kRounding = 1e-9;  // less is what the fit's arithmetic leaves of 0
  const auto number = [](double value) { return short_number(value < kRounding ? 0 : value); };
  const Interval& interval = estimate.interval;
  const std::string high = std::isinf(interval.high) ? " or more" : " to " + number(interval.high);
  return number(estimate.value) + " (" + number(interval.low) + high + ")";
}

std::string best_text(const Estimate& best, std::string_view over) {
  if (!std::isinf(best.value)) return "best with " + estimate_text(best) + " " + std::string(over);
  if (best.interval.low <= 1) return "these points don't tell the best number of " + std::string(over);
  return "no best number of " + std::string(over) + ": it is " + short_number(best.interval.low) + " or more";
}

std::string residual_text(const ScalingFit& fit) {
  return "residual " + fixed(100 * fit.residual_relative, 1) + " %\n";
}

// Adds `part` behind ", ", on a new line where this one would exceed 80 columns.
void add_wrapped(std::string& text, const std::string& part) {
  constexpr std::size_t kWidth = 80;
  const std::size_t used = text.size() - (text.rfind('\n') + 1);
  text += used + part.size() + 3 > kWidth ? ",\n  " : ", ";
  text += part;
}

// "flow, 1M records, shards 8, over threads (95 % intervals):": what stays the same in a study.
std::string study_title(const ScalingStudy& study, const std::vector<Axis>& axes) {
  const SweepPoint at{study.at, false, {}};
  std::string title(study.at.mode);
  add_wrapped(title, short_count(study.records) + " records");
  for (const Axis& axis : axes) {
    if (axis.name == "records" || axis.name == study.over || axis.value(at) == kNoQueue) continue;
    add_wrapped(title, axis.name + " " + axis.value(at));
  }
  const double confidence = study.universal.value().sigma.interval.confidence;
  add_wrapped(title, "over " + std::string(study.over) + " (" + fixed(100 * confidence, 0) + " % intervals)");
  return title + ":\n";
}

std::string study_text(const ScalingStudy& study, const std::vector<Axis>& axes) {
  const ScalingFit& amdahl = study.amdahl.value();
  const ScalingFit& universal = study.universal.value();
  const std::string indent(13, ' ');
  std::string text = "\n" + study_title(study, axes);
  text += "  Amdahl     serial fraction " + estimate_text(amdahl.sigma) + "; " + residual_text(amdahl);
  text += "  universal  contention " + estimate_text(universal.sigma) + "; " + residual_text(universal);
  text += indent + "coherency " + estimate_text(universal.kappa) + "\n";
  return text + indent + best_text(universal.best_concurrency, study.over) + "\n";
}

std::string studies_text(const Sweep& sweep) {
  const std::vector<Axis> axes = varying_axes(sweep);
  std::string text;
  std::set<std::string> refused;
  for (const ScalingStudy& study : scaling_studies(sweep)) {
    if (study.universal) {
      text += study_text(study, axes);
    } else {
      refused.insert("\nno fit over " + std::string(study.over) +
                     ": it needs 3 different numbers of them, and there are " + std::to_string(study.distinct) + "\n");
    }
  }
  for (const std::string& why : refused) text += why;
  return text;
}

ScalingStudy study_line(const std::vector<const SweepPoint*>& line, std::string_view over,
                        std::uint32_t GridPoint::*axis) {
  ScalingStudy study{line.front()->at, line.front()->samples.front().records, over, {}, line.size(), {}, {}};
  for (const SweepPoint* const point : line) {
    for (const Sample& sample : point->samples) {
      study.measured.push_back({static_cast<double>(point->at.*axis), 1e9 / sample.ns_per_record});
    }
  }
  study.amdahl = fit_amdahl(study.measured);
  study.universal = fit_universal(study.measured);
  return study;
}

// The points that differ from each other in one axis alone, line by line.
void add_studies(const Sweep& sweep, std::string_view over, std::uint32_t GridPoint::*axis,
                 std::vector<ScalingStudy>& studies) {
  std::set<const SweepPoint*> taken;
  for (const SweepPoint& first : sweep.points) {
    std::vector<const SweepPoint*> line;
    for (const SweepPoint& point : sweep.points) {
      GridPoint same = point.at;
      same.*axis = first.at.*axis;
      if (same == first.at && !point.samples.empty() && taken.insert(&point).second) line.push_back(&point);
    }
    if (line.size() >= 2) studies.push_back(study_line(line, over, axis));
  }
}

nlohmann::ordered_json json_of(const Estimate& estimate) {
  const auto number = [](double value) {
    return std::isinf(value) ? nlohmann::ordered_json() : nlohmann::ordered_json(value);
  };
  return {{"value", number(estimate.value)},
          {"low", number(estimate.interval.low)},
          {"high", number(estimate.interval.high)},
          {"confidence", estimate.interval.confidence}};
}

nlohmann::ordered_json json_of(const std::optional<ScalingFit>& fit) {
  if (!fit) return {};
  return {{"lambda", json_of(fit->lambda)},
          {"sigma", json_of(fit->sigma)},
          {"kappa", json_of(fit->kappa)},
          {"best_concurrency", json_of(fit->best_concurrency)},
          {"residual_relative", fit->residual_relative}};
}

// `all_records`: what a point has that takes all of them.
nlohmann::ordered_json json_of(const GridPoint& at, std::optional<std::uint64_t> all_records) {
  const std::optional<std::uint64_t> records = at.records == UINT64_MAX ? all_records : at.records;
  nlohmann::ordered_json json{{"mode", at.mode},
                              {"records", records ? nlohmann::ordered_json(*records) : nlohmann::ordered_json()},
                              {"threads", at.threads},
                              {"shards", at.shards},
                              {"block_bytes", at.block_bytes}};
  // Absent where the mode has no queue, null where it has no bound.
  if (at.capacity != SIZE_MAX)
    json["capacity"] = at.capacity == 0 ? nlohmann::ordered_json() : nlohmann::ordered_json(at.capacity);
  return json;
}

nlohmann::ordered_json json_of_points(const Sweep& sweep) {
  nlohmann::ordered_json points = nlohmann::ordered_json::array();
  for (const SweepPoint& point : sweep.points) {
    nlohmann::ordered_json json = json_of(point.at, sweep.records);
    json["too_slow"] = point.too_slow;
    json["samples"] = json_of(point.samples);
    points.push_back(std::move(json));
  }
  return points;
}

nlohmann::ordered_json json_of(const ScalingStudy& study) {
  nlohmann::ordered_json measured = nlohmann::ordered_json::array();
  for (const ScalingPoint& point : study.measured) measured.push_back({point.concurrency, point.throughput});
  nlohmann::ordered_json json = json_of(study.at, study.records);
  json["over"] = study.over;
  json["measured"] = std::move(measured);
  json["amdahl"] = json_of(study.amdahl);
  json["universal"] = json_of(study.universal);
  return json;
}

nlohmann::ordered_json json_of(const std::vector<ScalingStudy>& studies) {
  nlohmann::ordered_json json = nlohmann::ordered_json::array();
  for (const ScalingStudy& study : studies) json.push_back(json_of(study));
  return json;
}

}  // namespace

std::vector<ScalingStudy> scaling_studies(const Sweep& sweep) {
  std::vector<ScalingStudy> studies;
  add_studies(sweep, "threads", &GridPoint::threads, studies);
  add_studies(sweep, "shards", &GridPoint::shards, studies);
  return studies;
}

std::string sweep_text(const Sweep& sweep) {
  std::string text = sweep.input + skipped_text(sweep.skipped_records) + runs_text(sweep) + "\n" +
                     (sweep.interrupted ? "stopped by a signal\n" : "") + "\n";
  text += point_table(sweep);
  const bool any_slow = std::ranges::any_of(sweep.points, &SweepPoint::too_slow);
  if (any_slow) text += "\ntoo slow: a run took more than " + fixed(sweep.longest_run_s, 0) + " s (--max-run)\n";
  return text + studies_text(sweep);
}

std::string sweep_json(const Sweep& sweep) {
  const nlohmann::ordered_json json{{"schema", 1},
                                    {"kind", "sweep"},
                                    {"command", sweep.command},
                                    {"settings", sweep.settings},
                                    {"input", sweep.input},
                                    {"skipped_records", sweep.skipped_records},
                                    {"environment", json_of(sweep.environment)},
                                    {"longest_run_s", sweep.longest_run_s},
                                    {"interrupted", sweep.interrupted},
                                    {"points", json_of_points(sweep)},
                                    {"fits", json_of(scaling_studies(sweep))}};
  return dumped(json);
}

}  // namespace shardflow::app
