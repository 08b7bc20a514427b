// This program again, in a process of its own.
#pragma once

#include <string>
#include <vector>

#include "app/comparison.hpp"
#include "pipeline/interrupt.hpp"

namespace shardflow::app {

// Runs `shardflow load ARGUMENTS --stats json` and returns what it measured. Throws std::runtime_error with
// the child's message if it fails, InterruptedError (the child is then ended).
Sample run_load(const std::vector<std::string>& arguments, const Interrupt& interrupt);

}  // namespace shardflow::app
