// The file that a sweep's runs are kept in: CSV, a line a run, written as it ends, so that nothing measured is lost.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "app/sweep_result.hpp"
#include "pipeline/descriptor.hpp"

namespace shardflow::app {

// What a sweep's runs have in common besides their points, by name: the input, the machine, options.
using Conditions = std::vector<std::pair<std::string, std::string>>;

class SweepFile {
 public:
  // Opens `name`, or makes it with its header, for this process alone. The conditions stand in each line, line feeds
  // in them as \n: runs under others are another experiment. Throws IoError; std::runtime_error if another sweep writes
  // it.
  SweepFile(std::string name, Conditions conditions);

  // Adds the runs that are in the file to those of `points` that they belong to. A line that was cut off by a kill
  // is cut off for good. A point that was too slow is so still, unless a run may now take longer. Throws
  // std::runtime_error if the file is none of a sweep, or has runs under other conditions.
  void read_into(std::vector<SweepPoint>& points, double longest_run_s);

  // Throws IoError.
  void append(const GridPoint& at, const Sample& sample);
  void append_too_slow(const GridPoint& at, double longest_run_s);

  const std::string& name() const { return name_; }

 private:
  void read_line(const std::string& line, std::vector<SweepPoint>& points, double longest_run_s) const;
  [[noreturn]] void refuse(const std::string& why) const;
  [[noreturn]] void refuse_conditions(const std::string& line) const;
  void write(const std::string& line);

  std::string name_;
  Conditions conditions_;
  std::string header_;
  std::string tail_;  // of each line: the conditions
  Descriptor file_;
};

}  // namespace shardflow::app
