#include "pipeline/mode/mode.hpp"

#include <algorithm>
#include <array>

#include "pipeline/mode/run.hpp"
#include "pipeline/mode/settle.hpp"

namespace shardflow {

namespace {

constexpr Knobs kNone{};
constexpr Knobs kThreads{.threads = true};
constexpr Knobs kThreadsAndCapacity{.threads = true, .capacity = true};
constexpr Knobs kWorkersAndCapacity{.workers = true, .capacity = true};

}  // namespace

std::span<const Mode> modes() {
  static constexpr std::array kModes{
      Mode{"flow", "a oneTBB flow graph: parallel partition, one serial writer a shard", true, kThreads,
           settled<run_flow>},
      Mode{"serial", "one thread, the same kernel: the oracle", true, kNone, settled<run_serial>},
      Mode{"pipeline", "tbb::parallel_pipeline: parallel partition, one writer", true, kThreads,
           settled<run_parallel_pipeline>},
      Mode{"map", "parallel_for over blocks into tbb::concurrent_hash_map", false, kThreads,
           settled<run_concurrent_map>},
      Mode{"flow-record", "the flow graph with one record a message", true, kThreadsAndCapacity,
           settled<run_flow_by_record>},
      Mode{"threads", "a std::thread a record, a mutex a shard", false, kNone, settled<run_thread_per_record>},
      Mode{"tasks", "a task_group task a record, a mutex a shard", false, kThreads, settled<run_task_per_record>},
      Mode{"channel", "one bounded queue, workers, a mutex a shard", false, kWorkersAndCapacity, settled<run_channel>},
  };
  return kModes;
}

const Mode* find_mode(std::string_view name) {
  const auto found = std::ranges::find(modes(), name, &Mode::name);
  return found == modes().end() ? nullptr : &*found;
}

}  // namespace shardflow
