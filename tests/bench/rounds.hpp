// What the benchmarks of whole processes share: they run in turn, round after round, so that a drift of the machine
// hits all alike, and what counts is the median of a round's ratios.
#pragma once

#include <cstddef>
#include <functional>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "tests/memory_folder.hpp"

namespace bench {

double median(std::vector<double> numbers);

// Standard error goes to `log`, standard output to `output`. Returns the wall time in seconds. Throws
// std::runtime_error if the program can't be started or fails.
double run(std::vector<std::string> words, const std::string& log, const std::string& output = "/dev/null");

// Touches `bytes` of memory in a process of its own and gives them back. On a virtual machine the host backs
// a page when it is first touched, at ten times the price of clearing one, and takes it away again when it
// was free for some seconds; which run that falls to is no property of the program.
void touch_memory(double bytes);

// One run of `shardflow load`.
struct Sample {
  double wall_s;  // of the process
  nlohmann::json statistics;
  double ns() const { return statistics["ns_per_record"]; }
  double per_record_ns(const char* field_s) const;
  double input_mb_per_s() const;
  double peak_mb() const { return statistics["peak_resident_bytes"].get<double>() / 1e6; }
};

// What is read, in a folder of its own that is gone with it.
class Inputs {
 public:
  explicit Inputs(std::string binary);

  void make(const std::string& name, const std::string& spec) const;
  std::string path(const std::string& name) const { return folder_.path() / name; }
  // What a program says on standard error, as JSON.
  nlohmann::json told(const std::vector<std::string>& words) const;
  // Likewise, on standard output.
  nlohmann::json answer(const std::vector<std::string>& words) const;
  Sample load(const std::string& name, const std::vector<std::string>& options = {}) const;

 private:
  std::string binary_;
  testing::MemoryFolder folder_;
};

struct Bound {
  std::string name;
  double bound;
  std::function<double(std::size_t round)> value;
};
enum class Side { kAtMost, kAtLeast };

// A table of the medians of the rounds, each with "holds" or "MISSED". Returns how many were missed.
int print_bounds(Side side, const std::vector<Bound>& bounds, std::size_t rounds);

// The program's main(): BINARY [ROUNDS], and an exit code that says whether all bounds hold. `measure` returns how
// many were missed.
int bench_main(int argc, char** argv, const std::function<int(const std::string& binary, std::size_t rounds)>& measure);

}  // namespace bench
