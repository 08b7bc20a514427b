#include "pipeline/mode/node_arenas.hpp"

#include <oneapi/tbb/info.h>

#include <algorithm>

namespace shardflow {

namespace tbb = oneapi::tbb;

NodeArenas::NodeArenas(const std::vector<tbb::numa_node_id>& nodes, std::uint32_t threads) {
  const auto each = std::max<std::size_t>(1, threads / std::max<std::size_t>(1, nodes.size()));
  for (const tbb::numa_node_id node : nodes) {
    arenas_.emplace_back(tbb::task_arena::constraints().set_numa_id(node).set_max_concurrency(static_cast<int>(each)));
  }
}

NodeArenas NodeArenas::of_machine(bool wanted, std::uint32_t threads) {
  if (!wanted) return {};
  const std::vector<tbb::numa_node_id> nodes = numa_nodes();
  return nodes.size() > 1 ? NodeArenas(nodes, threads) : NodeArenas();
}

std::vector<tbb::numa_node_id> numa_nodes() {
  std::vector<tbb::numa_node_id> nodes = tbb::info::numa_nodes();
  std::erase_if(nodes, [](tbb::numa_node_id node) { return node < 0; });  // "automatic": all it says without tbbbind
  return nodes;
}

}  // namespace shardflow
