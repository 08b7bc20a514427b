// How a loop over the records of a block notices that the run is to end: a block may hold a gigabyte.
#pragma once

#include "pipeline/errors.hpp"
#include "pipeline/mode/mode.hpp"

namespace shardflow {

// Throws InterruptedError once the run's interrupt is raised. One load: cheap enough for every record.
inline void check_interrupt(const RunOptions& options) {
  if (options.interrupt != nullptr && options.interrupt->raised()) throw InterruptedError();
}

}  // namespace shardflow
