// What `gate` tells: text for people, Markdown for a job's summary, JSON for programs, a line for a history. Pure
// functions.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "pipeline/measure/environment.hpp"
#include "pipeline/measure/gate.hpp"

namespace shardflow::app {

// One run of one build, in a process of its own.
struct GateSample {
  double wall_s = 0;  // of the whole process, from its start until it was reaped
  double user_s = 0;
  double system_s = 0;
  double switches = 0;                  // of context, voluntary and forced
  double ns_per_record = 0;             // as the run itself reports it
  std::optional<double> peak_bytes;     // of resident memory; a base may not tell it
  std::optional<double> bytes_per_key;  // beyond key and value; likewise
};

struct GateMetric {
  std::string_view name;  // as --bound takes it
  std::string_view unit;
  double scale;  // from the sample's unit
  int decimals;  // shown
  // Smaller values count as this much, in the sample's unit: what is next to nothing has no ratio.
  double least;
  std::optional<double> (*value)(const GateSample&);
};

// wall and cpu first.
std::span<const GateMetric> gate_metrics();
const GateMetric* find_metric(std::string_view name);
// Its name in JSON, with the unit: wall_ms.
std::string json_name(const GateMetric& metric);

// Of one build, in one part of the measurement, run by run.
struct GateSeries {
  std::string group;  // workload, or pair of modes
  std::string build;  // base, here, control; or a mode
  bool confirmation = false;
  std::vector<GateSample> samples;
};

// One line of the table: what a metric was, and what was asked about its ratio.
struct GateRow {
  std::string group;
  std::string name;
  std::string unit;
  int decimals = 0;
  double base = 0;  // medians of the first part, in `unit`
  double here = 0;
  std::optional<Range> allowed;  // none: measured, but not bounded
  Answer first;
  Answer confirmation;  // where `confirmed_by` pairs were run
  // Medians of the base's ratio to itself: in the first part, and where there was one in the confirmation.
  std::optional<double> control;
  std::optional<double> confirmation_control;
  std::size_t pairs = 0;
  std::size_t confirmed_by = 0;
};

struct GateReport {
  bool of_modes = false;  // ratios between modes, and not against another build
  std::string command;
  std::string label;
  std::string base;  // path of the other binary
  // How the runs loaded. Of modes, `threads` alone: the mode is in each ratio, the shards are the default.
  std::string mode;
  std::uint32_t threads = 0;
  std::uint32_t shards = 0;
  Environment environment;
  // Of the modes' threads' cores, what was there for them: 0 to 1; not set where there are fewer, and none was run.
  std::optional<double> core_share;
  Verdict verdict = Verdict::kUndecided;
  Reason reason = Reason::kNone;
  double elapsed_s = 0;
  std::vector<GateRow> rows;  // by group
  std::vector<GateSeries> series;
};

// Each of the following ends in a newline; text has at most 80 columns.
std::string gate_text(const GateReport& report);
std::string gate_markdown(const GateReport& report);
// One object in one line, with every sample. Its "schema" grows with every change that could break a reader.
std::string gate_json(const GateReport& report);
// One object in one line: all that a plot of this build's medians over time needs, and why it was undecided if it was.
std::string gate_history_line(const GateReport& report);

}  // namespace shardflow::app
