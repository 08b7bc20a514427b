// The --report of a measurement.
#pragma once

#include <memory>
#include <string>

#include "pipeline/output/sink.hpp"

namespace shardflow::app {

// Opened before the measurement begins: hours of it are not to end in a page that can't be written.
class ReportFile {
 public:
  // "-" is standard output; empty: none, and nothing is ever written. Throws IoError.
  explicit ReportFile(const std::string& name);

  // The page for this JSON, whole or not at all. Throws IoError.
  void write(const std::string& json);
  // The same while there is more to come: in a file, which the next one replaces. A pipe gets the last one alone.
  void write_so_far(const std::string& json);

 private:
  std::string name_;
  bool replaceable_ = false;
  std::unique_ptr<Sink> sink_;
};

}  // namespace shardflow::app
