// Proof that ThreadSanitizer sees into the graph: two nodes, each serial, that share what a shard must not.
#include <oneapi/tbb/flow_graph.h>

#include <cstdio>

namespace flow = oneapi::tbb::flow;

int main() {
  long shared = 0;
  flow::graph graph;
  flow::broadcast_node<int> both(graph);
  const auto write = [&shared](int amount) {
    shared += amount;
    return flow::continue_msg();
  };
  flow::function_node<int> first(graph, flow::serial, write);
  flow::function_node<int> second(graph, flow::serial, write);
  flow::make_edge(both, first);
  flow::make_edge(both, second);
  for (int i = 0; i < 10'000; ++i) both.try_put(i);
  graph.wait_for_all();
  std::printf("%ld\n", shared);
  return 0;
}
