// A program in a process of its own: so that no run inherits another's heap.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "pipeline/interrupt.hpp"
#include "pipeline/measure/usage.hpp"

namespace shardflow::app {

struct ProcessResult {
  int exit_code = -1;  // -1: it was ended by `signal`
  int signal = 0;
  bool timed_out = false;  // it was then ended by SIGKILL
  std::string errors;      // all of its standard error
  Usage usage;             // of the whole process, from its start until it was reaped
  std::uint64_t peak_resident_bytes = 0;
};

inline constexpr std::chrono::milliseconds kNoTimeout{-1};

// Runs `program` with `words` (the first is the name that it is called by); its standard input is ours, its standard
// output goes nowhere, and it has our environment without the SHARDFLOW_ variables. It ends with this process at the
// latest. Throws IoError if it can't be started, InterruptedError (the process is then ended).
ProcessResult run_process(const std::string& program, std::vector<std::string> words, const Interrupt& interrupt,
                          std::chrono::milliseconds timeout = kNoTimeout);

}  // namespace shardflow::app
