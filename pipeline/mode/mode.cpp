#include "pipeline/mode/mode.hpp"

#include <algorithm>
#include <array>

#include "pipeline/mode/run.hpp"

namespace shardflow {

namespace {

constexpr Knobs kNone{};
constexpr Knobs kThreads{.threads = true};
constexpr Knobs kThreadsAndCapacity{.threads = true, .capacity = true};
constexpr Knobs kWorkersAndCapacity{.workers = true, .capacity = true};

}  // namespace

std::span<const Mode> modes() {
  static constexpr std::array kModes{
      Mode{"flow", "a oneTBB flow graph: parallel partition, one serial writer a shard", true, kThreads, run_flow},
      Mode{"serial", "one thread, the same kernel: the oracle", true, kNone, run_serial},
      Mode{"pipeline", "tbb::parallel_pipeline: parallel partition, one writer", true, kThreads, run_parallel_pipeline},
      Mode{"map", "parallel_for over blocks into tbb::concurrent_hash_map", false, kThreads, run_concurrent_map},
      Mode{"flow-record", "the flow graph with one record a message", true, kThreadsAndCapacity, run_flow_by_record},
      Mode{"threads", "a std::thread a record, a mutex a shard", false, kNone, run_thread_per_record},
      Mode{"tasks", "a task_group task a record, a mutex a shard", false, kThreads, run_task_per_record},
      Mode{"channel", "one bounded queue, workers, a mutex a shard", false, kWorkersAndCapacity, run_channel},
  };
  return kModes;
}

const Mode* find_mode(std::string_view name) {
  const auto found = std::ranges::find(modes(), name, &Mode::name);
  return found == modes().end() ? nullptr : &*found;
}

}  // namespace shardflow
