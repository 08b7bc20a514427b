// What every mode begins and ends with.
#pragma once

#include "pipeline/mode/mode.hpp"

namespace shardflow {

// The nearest options that are within what RunOptions says of them.
RunOptions within_limits(RunOptions options);

// Has all shards take in what they have put off, several at once; with RunOptions::numa, each on its node.
void settle(Store& store, const RunOptions& options) noexcept;

// A mode with the one before it and the other behind it, also where the mode throws.
template <RunMode run>
RunReport settled(Source& source, Store& store, const RunOptions& wanted) {
  const RunOptions options = within_limits(wanted);
  RunReport report;
  try {
    report = run(source, store, options);
  } catch (...) {
    settle(store, options);
    throw;
  }
  settle(store, options);
  return report;
}

}  // namespace shardflow
