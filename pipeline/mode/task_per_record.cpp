// A task for every record: threads are reused, but each record is still allocated, queued and stolen alone.
#include <oneapi/tbb/task_group.h>

#include "pipeline/mode/by_record.hpp"
#include "pipeline/mode/in_arena.hpp"
#include "pipeline/mode/run.hpp"

namespace shardflow {

RunReport run_task_per_record(Source& source, Store& store, const RunOptions& options) {
  return in_arena(options.threads, [&] {
    LockedShards shards(store, options);
    oneapi::tbb::task_group tasks;
    return run_by_record(
        source, store, options, shards,
        [&](const Batch& batch, const Fields& fields, std::uint64_t index) {
          tasks.run([&shards, &batch, fields, index] { shards.upsert(batch, fields, index); });
        },
        [&] { tasks.wait(); });
  });
}

}  // namespace shardflow
