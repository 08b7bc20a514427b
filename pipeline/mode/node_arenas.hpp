// Shards on the nodes of a NUMA machine.
#pragma once

#include <oneapi/tbb/task_arena.h>

#include <cstddef>
#include <cstdint>
#include <deque>
#include <vector>

namespace shardflow {

// An arena a node, its threads bound to that node's cores. What a shard's writer touches first, and ever after, is then
// memory near to it. Without arenas, work runs where it is asked for.
class NodeArenas {
 public:
  NodeArenas() = default;
  // `threads` are shared out evenly, at least one a node.
  NodeArenas(const std::vector<oneapi::tbb::numa_node_id>& nodes, std::uint32_t threads);

  // One a node where that is wanted and there are several.
  static NodeArenas of_machine(bool wanted, std::uint32_t threads);

  // work(), on the node of the shard: shards are dealt to the nodes in turn. From any thread; returns when it is done,
  // and throws what it throws.
  template <class Work>
  void run(std::size_t shard, Work&& work) {
    if (arenas_.empty()) return work();
    arenas_[shard % arenas_.size()].execute(work);
  }

 private:
  std::deque<oneapi::tbb::task_arena> arenas_;
};

// This machine's nodes; empty where oneTBB can't tell, because its tbbbind library is missing.
std::vector<oneapi::tbb::numa_node_id> numa_nodes();

}  // namespace shardflow
