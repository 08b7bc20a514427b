// What a sweep found: its points and samples, the laws fitted to them, and how both are told. Pure functions.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "app/comparison.hpp"
#include "app/sweep_grid.hpp"
#include "pipeline/measure/environment.hpp"
#include "pipeline/measure/scaling.hpp"

namespace shardflow::app {

struct SweepPoint {
  GridPoint at;
  bool too_slow = false;  // a run was stopped after --max-run: then there are no samples
  std::vector<Sample> samples;
};

struct Sweep {
  std::string command;   // that made it
  std::string settings;  // its options, and where each comes from
  std::string input;
  std::optional<std::uint64_t> records;  // of all of it; empty: no point has read that
  std::uint64_t skipped_records = 0;     // bad ones of all of it, where a point has read that
  Environment environment;
  double longest_run_s = 0;
  bool interrupted = false;
  std::vector<SweepPoint> points;
};

// How throughput grows along one axis, all else equal: a sample is a point of its own.
struct ScalingStudy {
  GridPoint at;                        // with the axis's least value
  std::uint64_t records;               // that a run read
  std::string_view over;               // "threads" or "shards"
  std::vector<ScalingPoint> measured;  // concurrency, records a second
  std::size_t distinct;                // values of the axis: fits need 3
  std::optional<ScalingFit> amdahl;
  std::optional<ScalingFit> universal;
};

// One for each line of the grid that has at least two values of threads or shards with samples.
std::vector<ScalingStudy> scaling_studies(const Sweep& sweep);

// Tables of at most 80 columns: the points, with the axes that vary, and the fits.
std::string sweep_text(const Sweep& sweep);
// One object in one line, with every sample. Its "schema" grows with every change that could break a reader.
std::string sweep_json(const Sweep& sweep);

}  // namespace shardflow::app
