// Runs the program as a user does, for the tests of its command line; or another one.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "tests/folder.hpp"

namespace testing {

struct Outcome {
  int exit_code = -1;  // -1: ended by a signal
  std::string out;
  std::string error;
};

struct Invocation {
  std::vector<std::string> arguments;
  std::string input;                               // on standard input
  std::map<std::string, std::string> environment;  // besides the present one
  std::string output_file;                         // standard output goes here, where set
  std::function<void()> in_child;                  // called between fork and exec
  std::string program{};                           // its path; where empty, the binary under test
};

// The binary under test: $SHARDFLOW_BINARY.
std::string binary();

Outcome run(const Invocation& invocation);
Outcome run(std::vector<std::string> arguments, std::string input = "");

// Starts the program with a pipe for its input that stays open and empty, sends it `signal` once it waits for such and
// had `delay` to get on, or once it is `ready` (after 30 s in any case), and tells how long it took to end after that.
struct Ended {
  Outcome outcome;
  std::chrono::milliseconds after_signal;
};
// `earlier`, where not 0, is another signal, that is sent before the delay.
Ended run_until_signal(std::vector<std::string> arguments, int signal, std::chrono::milliseconds delay,
                       int earlier = 0);
Ended run_until_signal(std::vector<std::string> arguments, int signal, const std::function<bool()>& ready);
// Likewise, of an invocation without `input`; `ready` is told the process.
Ended run_until_signal(const Invocation& invocation, int signal, const std::function<bool(pid_t)>& ready);

}  // namespace testing
