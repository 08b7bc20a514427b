// The runs of a gate: whole processes of this build or another, on the same input, one after the other.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <random>
#include <string>
#include <vector>

#include "app/gate_report.hpp"
#include "app/options.hpp"
#include "app/process.hpp"
#include "pipeline/descriptor.hpp"
#include "pipeline/input/synthetic.hpp"
#include "pipeline/interrupt.hpp"

namespace shardflow::app {

// A program that can `load`.
struct GateBuild {
  std::string name;  // in messages: "this build", "the base, PATH"
  std::string program;
};
GateBuild this_build();

// What all runs read: a file, or made-up records in memory, made once.
class GateInput {
 public:
  GateInput() = default;
  explicit GateInput(const std::string& file) : path_(file) {}
  explicit GateInput(const SyntheticSpec& spec);
  // As a child finds it.
  const std::string& path() const { return path_; }

 private:
  Descriptor memory_;
  std::string path_;
};

struct GateRun {
  GateSample sample;
  std::uint64_t records = 0;
  std::uint64_t keys = 0;
  std::string digest;              // where --digest was among the arguments
  double floor_ns_per_record = 0;  // likewise with --floor
};

// Runs `load ARGUMENTS -- INPUT`. Throws std::runtime_error that names the build if it can't be started, fails,
// is ended by a signal, takes longer than `timeout`, or tells no statistics.
GateRun run_build(const GateBuild& build, std::vector<std::string> arguments, const GateInput& input,
                  std::chrono::milliseconds timeout, const Interrupt& interrupt);

// Adds samples as an open judgement asks for, until the time is over; at least one block.
using Measure = std::function<void(const Judgement&, std::chrono::steady_clock::time_point deadline)>;
// How long each of the two parts may take: without an end where --pairs says how much to measure.
std::chrono::duration<double> time_for(const GateOptions& options);
// Measures until there is a verdict, in at most `max_time` for the first part and as much for the confirmation.
Judgement measure_until_judged(const GateRule& rule, std::chrono::duration<double> max_time,
                               const std::function<GateSamples()>& samples, const Measure& measure);

// The order of one block of turns among `count` builds: a shuffled order and its mirror image (A B C C B A), so that
// a drift hits all alike. A block is two turns of each.
std::vector<std::size_t> shuffled_block(std::size_t count, std::mt19937_64& random);
// Fisher and Yates, by hand: std::shuffle gives another order with another standard library.
void shuffle(std::vector<std::size_t>& order, std::mt19937_64& random);

}  // namespace shardflow::app
