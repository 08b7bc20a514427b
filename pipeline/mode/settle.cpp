#include "pipeline/mode/settle.hpp"

#include <oneapi/tbb/parallel_for.h>

#include <algorithm>
#include <vector>

#include "pipeline/mode/in_arena.hpp"
#include "pipeline/mode/node_arenas.hpp"

namespace shardflow {

std::exception_ptr settle(Store& store, const RunOptions& options) noexcept try {
  std::vector<Shard>& shards = store.shards();
  if (std::ranges::all_of(shards, &Shard::settled)) return nullptr;
  NodeArenas nodes = NodeArenas::of_machine(options.numa, options.threads);
  std::vector<std::exception_ptr> failures(shards.size());
  in_arena(options.threads, [&] {
    oneapi::tbb::parallel_for(std::size_t{0}, shards.size(), [&](std::size_t i) {
      try {
        nodes.run(i, [&] { shards[i].settle(); });
      } catch (...) {
        failures[i] = std::current_exception();
      }
    });
  });
  const auto failure = std::ranges::find_if(failures, [](const auto& each) { return each != nullptr; });
  return failure == failures.end() ? nullptr : *failure;
} catch (...) {
  return std::current_exception();
}

}  // namespace shardflow
