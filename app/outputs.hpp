// What a run writes to, and that none of it is in another's way.
#pragma once

#include <string>
#include <vector>

#include "app/options.hpp"

namespace shardflow::app {

// Throws UsageError where two outputs are one file, or would mix on standard output, or where one would replace an
// input before that is read.
void check_outputs(const LoadOptions& options, const std::vector<std::string>& inputs);

}  // namespace shardflow::app
