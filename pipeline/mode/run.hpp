// The modes' functions, one a file. Their contract is RunMode's.
#pragma once

#include "pipeline/mode/mode.hpp"

namespace shardflow {

RunReport run_flow(Source& source, Store& store, const RunOptions& options);
RunReport run_serial(Source& source, Store& store, const RunOptions& options);
RunReport run_parallel_pipeline(Source& source, Store& store, const RunOptions& options);
RunReport run_concurrent_map(Source& source, Store& store, const RunOptions& options);
RunReport run_flow_by_record(Source& source, Store& store, const RunOptions& options);
RunReport run_task_per_record(Source& source, Store& store, const RunOptions& options);
RunReport run_thread_per_record(Source& source, Store& store, const RunOptions& options);
RunReport run_channel(Source& source, Store& store, const RunOptions& options);

}  // namespace shardflow
