// The file that a sweep's runs are kept in: CSV, a line a run, written as it ends, so that nothing measured is lost.
#pragma once

#include <string>

#include "app/sweep_result.hpp"
#include "pipeline/descriptor.hpp"

namespace shardflow::app {

class SweepFile {
 public:
  // Opens `name`, or makes it with its header. `input` and `machine` stand in each line: runs of another input or
  // machine are not to be compared. Throws IoError; std::runtime_error if the file is none of a sweep, or of another
  // one.
  SweepFile(std::string name, const std::string& input, const std::string& machine);

  // Adds the runs that are in the file to those of `points` that they belong to. A line that was cut off by a kill
  // is cut off for good.
  void read_into(std::vector<SweepPoint>& points);

  // Throws IoError.
  void append(const GridPoint& at, const Sample& sample);
  void append_too_slow(const GridPoint& at);

 private:
  void read_line(const std::string& line, std::vector<SweepPoint>& points) const;
  [[noreturn]] void refuse(const std::string& why) const;
  void write(const std::string& line);

  std::string name_;
  std::string tail_;  // of each line: input and machine
  Descriptor file_;
};

}  // namespace shardflow::app
