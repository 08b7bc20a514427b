// What the peers took, told. Pure functions.
#pragma once

#include <string>
#include <vector>

#include "pipeline/measure/statistics.hpp"

namespace shardflow::app {

// A whole process.
struct PeerSample {
  double wall_s = 0;
  double cpu_s = 0;
  double peak_mb = 0;
};

struct PeerResult {
  std::string name;
  std::string version;
  std::string problem;              // why there are no samples; empty: there are
  bool wrong = false;               // the problem is that its map is another one
  std::vector<PeerSample> samples;  // one a round, in the rounds' order; fewer than ours if it was slow
};

// One input, and all that was run on it.
struct PeerTable {
  std::string input;
  std::string spec;  // for `shardflow generate`
  std::uint64_t records = 0;
  std::uint64_t keys = 0;
  std::size_t threads = 0;
  PeerResult ours;
  std::vector<PeerResult> peers;
};

// How many times as long the peer took: the median of the rounds' ratios, and its interval.
struct Slower {
  double median = 0;
  Interval interval;
};
Slower slower(const PeerResult& ours, const PeerResult& peer);

// In Markdown, the fastest first, those with a problem last; at most 80 columns but for the problems.
std::string peers_markdown(const PeerTable& table);
// With every sample, in one line.
std::string peers_json(const PeerTable& table);

}  // namespace shardflow::app
