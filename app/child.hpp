// This program again, in a process of its own.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "app/sample.hpp"
#include "app/workload.hpp"
#include "pipeline/interrupt.hpp"
#include "pipeline/mode/mode.hpp"

namespace shardflow::app {

// Runs `shardflow load ARGUMENTS --stats json` and returns what it measured. Throws BadInputError or else
// std::runtime_error with the child's message if it fails, InterruptedError (the child is then ended).
Sample run_load(const std::vector<std::string>& arguments, const Interrupt& interrupt);

// Likewise; empty if it took longer than `timeout`.
std::optional<Sample> run_load_within(const std::vector<std::string>& arguments, const Interrupt& interrupt,
                                      std::chrono::milliseconds timeout);

// The map that every mode must end in on this input: serial's, without rate and latency.
Sample run_oracle(LoadOptions options, const Workload& input, const Interrupt& interrupt);

// Throws std::runtime_error if a run of `mode` did not end as `expected`, the oracle's. Where order is kept, or keys
// are unique, there is one right map; else the digest may differ, and `load --check` must have looked at each value.
void verify(const Mode& mode, const Sample& sample, const Sample& expected);

}  // namespace shardflow::app
