// What a run writes to, and that none of it is in another's way.
#pragma once

#include <string>
#include <vector>

#include "app/options.hpp"

namespace shardflow::app {

struct Output {
  std::string option;        // as messages call it
  std::string name;          // a file; "-" is standard output; empty: none
  bool keeps_inputs = true;  // else it is written when all input was read, and may replace that
};

// Throws UsageError where two outputs are one file, or would mix on standard output, or where one would replace an
// input that it must not.
void check_outputs(const std::vector<Output>& outputs, const std::vector<std::string>& inputs);
// Of load, whose output is a map and may replace one, and of diff, whose output may not.
void check_outputs(const LoadOptions& options, bool may_replace_input);

}  // namespace shardflow::app
