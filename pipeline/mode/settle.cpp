#include "pipeline/mode/settle.hpp"

#include <oneapi/tbb/parallel_for.h>

#include <algorithm>
#include <vector>

#include "pipeline/block.hpp"
#include "pipeline/mode/in_arena.hpp"
#include "pipeline/mode/node_arenas.hpp"

namespace shardflow {

RunOptions within_limits(RunOptions options) {
  // A block may grow to as much again, for what a parser puts behind its text.
  constexpr std::size_t kMostBytes = kMaxBlockBytes / 2;
  options.threads = std::max(options.threads, 1U);
  options.block_bytes = std::clamp(options.block_bytes, std::size_t{1}, kMostBytes);
  options.blocks = std::max(options.blocks, std::size_t{1});
  options.max_threads = std::max(options.max_threads, std::size_t{1});
  return options;
}

void settle(Store& store, const RunOptions& options) noexcept {
  std::vector<Shard>& shards = store.shards();
  if (std::ranges::all_of(shards, &Shard::settled)) return;
  try {
    NodeArenas nodes = NodeArenas::of_machine(options.numa, options.threads);
    in_arena(options.threads, [&] {
      oneapi::tbb::parallel_for(std::size_t{0}, shards.size(),
                                [&](std::size_t i) { nodes.run(i, [&] { shards[i].settle(); }); });
    });
  } catch (...) {
    // Where there are no threads to be had, this one does it.
    for (Shard& shard : shards) shard.settle();
  }
}

}  // namespace shardflow
