// A task for every record: threads are reused, but each record is still allocated, queued and stolen alone.
#include <oneapi/tbb/global_control.h>
#include <oneapi/tbb/task_arena.h>
#include <oneapi/tbb/task_group.h>

#include "pipeline/machine.hpp"
#include "pipeline/mode/by_record.hpp"
#include "pipeline/mode/run.hpp"

namespace shardflow {

RunReport run_task_per_record(Source& source, Store& store, const RunOptions& options) {
  const std::uint32_t threads = startable_threads(options.threads);
  const oneapi::tbb::global_control allow(oneapi::tbb::global_control::max_allowed_parallelism, threads);
  oneapi::tbb::task_arena arena(static_cast<int>(threads));
  return arena.execute([&] {
    LockedShards shards(store);
    oneapi::tbb::task_group tasks;
    return run_by_record(
        source, store, options, shards,
        [&](const Batch& batch, const Fields& fields) {
          tasks.run([&shards, &batch, fields] { shards.upsert(batch, fields); });
        },
        [&] { tasks.wait(); });
  });
}

}  // namespace shardflow
