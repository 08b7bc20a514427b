// What `gate --against` asks about the samples of its builds. Pure functions: tests/gate asks recorded samples the
// same.
#pragma once

#include <array>
#include <cstddef>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "app/gate_report.hpp"
#include "pipeline/measure/gate.hpp"

namespace shardflow::app {

// The builds that take turns. The control is the base once more: what differs between these two is the machine's doing.
enum GateRole : std::size_t { kBase, kHere, kControl, kGateRoles };

// By role. A block is two turns of each (A B C C B A), and a pair is a block.
using GateTurns = std::array<std::vector<GateSample>, kGateRoles>;
std::size_t pairs_of(const GateTurns& turns);

struct GateWorkload {
  std::string name;
  GateTurns first;
  GateTurns confirmation;

  const GateTurns& turns(bool confirming) const { return confirming ? confirmation : first; }
  GateTurns& turns(bool confirming) { return confirming ? confirmation : first; }
};

// What blocks say of a metric: the smaller of a build's two turns, which is as exchangeable as single turns are. What
// else runs on the machine only ever adds: recorded on a virtual machine, with another process on a core half of the
// time and without, ratios of these spread by up to two thirds less than ratios of single turns, and never more. The
// price: a slowdown in fewer than seven of ten runs is not seen, since then fewer than half of the blocks have it in
// both turns, and the median does not move.
std::vector<double> block_values(std::span<const GateSample> turns, const GateMetric& metric);

// Whether both builds tell it of each of their turns.
bool is_told(const GateTurns& turns, const GateMetric& metric);

// `allowed` is not looked at if the metric is but watched.
GateQuestion gate_question(std::size_t workload, const GateMetric& metric, Range allowed, const GateTurns& turns);

// By workload, and of these the metrics that are bounded and told, in the order of gate_metrics(). CPU time vouches for
// wall time.
GateSamples gate_samples(const std::map<std::string, double>& allowed, std::span<const GateWorkload> workloads);

}  // namespace shardflow::app
