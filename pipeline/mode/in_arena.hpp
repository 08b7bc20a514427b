// Where oneTBB's threads of a run come from.
#pragma once

#include <oneapi/tbb/global_control.h>
#include <oneapi/tbb/task_arena.h>

#include <cstdint>

#include "pipeline/machine.hpp"

namespace shardflow {

// Runs work() in an arena of so many threads, or as many as the system lets this process start, and returns
// what it returns. More threads than cores are allowed: for those who want to see what that costs.
template <class Work>
auto in_arena(std::uint32_t threads, Work&& work) {
  const std::uint32_t startable = startable_threads(threads);
  const oneapi::tbb::global_control allow(oneapi::tbb::global_control::max_allowed_parallelism, startable);
  oneapi::tbb::task_arena arena(static_cast<int>(startable));
  return arena.execute(work);
}

}  // namespace shardflow
