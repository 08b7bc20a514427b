// Proof that ThreadSanitizer sees into the graph: two nodes, each serial, that share what a shard must not.
#include <oneapi/tbb/flow_graph.h>
#include <oneapi/tbb/global_control.h>
#include <oneapi/tbb/task_arena.h>

#include <atomic>
#include <cstdio>
#include <thread>

namespace flow = oneapi::tbb::flow;

namespace {

constexpr int kThreads = 2;

// Holds the caller until both nodes are here, as one thread could else do all the work of both. Relaxed, so that it
// orders nothing for ThreadSanitizer.
void meet(std::atomic<int>& arrived) {
  arrived.fetch_add(1, std::memory_order_relaxed);
  while (arrived.load(std::memory_order_relaxed) < kThreads) std::this_thread::yield();
}

void write_from_both_nodes(long& shared) {
  std::atomic<int> arrived = 0;
  flow::graph graph;
  flow::broadcast_node<int> both(graph);
  const auto write = [&](int amount) {
    if (amount == 0) meet(arrived);
    shared += amount;
    return flow::continue_msg();
  };
  flow::function_node<int> first(graph, flow::serial, write);
  flow::function_node<int> second(graph, flow::serial, write);
  flow::make_edge(both, first);
  flow::make_edge(both, second);
  for (int i = 0; i < 100; ++i) both.try_put(i);
  graph.wait_for_all();
}

}  // namespace

int main() {
  // A second thread also where the machine has one processor.
  const oneapi::tbb::global_control threads(oneapi::tbb::global_control::max_allowed_parallelism, kThreads);
  oneapi::tbb::task_arena arena(kThreads);
  long shared = 0;
  arena.execute([&] { write_from_both_nodes(shared); });
  std::printf("%ld\n", shared);
  return 0;
}
