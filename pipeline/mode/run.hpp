// The modes' functions, one a file. Their contract is RunMode's.
#pragma once

#include "pipeline/mode/mode.hpp"

namespace shardflow {

RunReport run_flow(Source& source, Store& store, const RunOptions& options);
RunReport run_serial(Source& source, Store& store, const RunOptions& options);

}  // namespace shardflow
