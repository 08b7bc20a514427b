// A task for every record: threads are reused, but each record is still allocated, queued and stolen alone.
#include <oneapi/tbb/task_group.h>

#include <cstdint>

#include "pipeline/mode/by_record.hpp"
#include "pipeline/mode/in_arena.hpp"
#include "pipeline/mode/run.hpp"

namespace shardflow {
namespace {

// Tasks that may wait. Of 2M without a bound 300 MB waited, and the whole took 20 % longer.
constexpr std::uint64_t kMostWaiting = 10'000;

}  // namespace

RunReport run_task_per_record(Source& source, Store& store, const RunOptions& options) {
  return in_arena(options.threads, [&] {
    LockedShards shards(store, options);
    oneapi::tbb::task_group tasks;
    std::uint64_t started = 0;
    return run_by_record(
        source, store, options, shards,
        [&](HeldBatch& batch, const Fields& fields, std::uint64_t index) {
          if (++started % kMostWaiting == 0) tasks.wait();
          tasks.run([&shards, &batch, fields, index] {
            shards.upsert(batch, fields, index);
            batch.written();
          });
        },
        [&] { tasks.wait(); });
  });
}

}  // namespace shardflow
