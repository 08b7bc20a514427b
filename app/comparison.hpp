// Several modes over the same input, measured in turn: the samples, and what they say. Pure functions.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "app/sample.hpp"
#include "pipeline/measure/environment.hpp"
#include "pipeline/measure/statistics.hpp"

namespace shardflow::app {

struct ModeSamples {
  std::string mode;
  bool prefix_only = false;     // too slow for the whole input
  std::vector<Sample> samples;  // one a round
};

// What ended it before the intervals were narrow, or --rounds were done.
enum class Stop { kNothing, kOutOfTime, kInterrupted };

struct Comparison {
  std::string command;   // that made it
  std::string settings;  // its options, and where each comes from
  Environment environment;
  std::uint32_t threads = 0;
  std::uint32_t shards = 0;
  std::uint64_t records = 0;
  std::uint64_t keys = 0;
  std::uint64_t skipped_records = 0;  // bad ones
  std::uint64_t prefix_records = 0;   // of the input, bad ones too; or, where that is all, as above
  Stop stop = Stop::kNothing;
  std::vector<ModeSamples> modes;  // the first is what the others are compared with

  std::size_t rounds() const { return modes.front().samples.size(); }
};

// The first mode's time over this one's, round by round.
struct SpeedUp {
  double median = 1;
  Interval interval;

  // Half the interval's width over the median.
  double uncertainty() const { return (interval.high - interval.low) / 2 / median; }
};
// REQUIRES: at least one round.
SpeedUp speed_up(const Comparison& comparison, std::size_t mode);

// Of all speed-ups. REQUIRES: at least one round.
double widest_uncertainty(const Comparison& comparison);

// Two tables (three with latencies) of at most 80 columns.
std::string comparison_text(const Comparison& comparison);
// One object in one line, with every sample. Its "schema" grows with every change that could break a reader.
std::string comparison_json(const Comparison& comparison);

}  // namespace shardflow::app
