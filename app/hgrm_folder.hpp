// --hgrm of compare: the distribution of each mode's latencies, a file each.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "app/comparison.hpp"
#include "pipeline/mode/mode.hpp"
#include "pipeline/output/sink.hpp"

namespace shardflow::app {

class HgrmFolder {
 public:
  // Makes the folder, and opens MODE.hgrm in it for each mode, before anything is measured. Where `name` is empty,
  // there is none. Throws IoError.
  HgrmFolder(const std::string& name, const std::vector<const Mode*>& modes);

  // Once: of each mode, all rounds merged. REQUIRES: the modes of the constructor, in its order.
  void write(const Comparison& comparison);

 private:
  std::vector<std::unique_ptr<Sink>> sinks_;
};

}  // namespace shardflow::app
