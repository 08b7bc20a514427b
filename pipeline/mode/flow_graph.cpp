// The main mode, and the file to read first: a oneTBB flow graph.
//
//   read ─► in_flight ─► partition ─► in_order ─► admit ─► shard 0 … shard S-1 ─► retire
//  1 block   limiter     unlimited    sequencer   serial   serial, one per shard     │
//               ▲                                                                    │
//               └──────────────────────── one more may start ────────────────────────┘
//
// What flows on every edge is a handle to a batch.
#include <oneapi/tbb/flow_graph.h>

#include <algorithm>
#include <deque>

#include "pipeline/batch.hpp"
#include "pipeline/mode/apply_part.hpp"
#include "pipeline/mode/batch_reader.hpp"
#include "pipeline/mode/in_arena.hpp"
#include "pipeline/mode/latency_log.hpp"
#include "pipeline/mode/ledger.hpp"
#include "pipeline/mode/node_arenas.hpp"
#include "pipeline/mode/run.hpp"
#include "pipeline/store/partition.hpp"

namespace shardflow {
namespace {

namespace flow = oneapi::tbb::flow;

class FlowGraph {
 public:
  FlowGraph(Source& source, Store& store, const RunOptions& options)
      : shards_(store.shards()),
        partition_(static_cast<std::uint32_t>(shards_.size()), options.rules, store.hash()),
        ledger_(source, store, options),
        latency_(options, shards_.size()),
        numa_(options.numa),
        node_arenas_(NodeArenas::of_machine(options.numa, options.threads)),
        pool_(std::max<std::size_t>(options.blocks, 2), options.block_bytes, shards_.size(), store.budget()),
        reader_(source, pool_, partition_.combining()),
        // One block may be read while all that the limiter lets through are in flight.
        in_flight_(graph_, std::max<std::size_t>(options.blocks, 2) - 1) {
    for (std::size_t i = 0; i < shards_.size(); ++i) {
      shard_nodes_.emplace_back(graph_, flow::serial,
                                [this, i](Batch* batch, auto& ports) { apply(i, *batch, ports); });
    }
    flow::make_edge(read_, in_flight_);
    flow::make_edge(in_flight_, partition_node_);
    flow::make_edge(partition_node_, in_order_);
    flow::make_edge(in_order_, admit_);
    for (ShardNode& shard : shard_nodes_) {
      flow::make_edge(flow::output_port<0>(admit_), shard);
      flow::make_edge(flow::output_port<0>(shard), retire_);
    }
    flow::make_edge(retire_, in_flight_.decrementer());
  }

  RunReport run() {
    read_.activate();
    graph_.wait_for_all();  // rethrows what a node threw; the graph is then only good for destruction
    RunReport report = ledger_.close(reader_.batches_read());
    report.latency = latency_.merged();
    if (numa_) report.numa_nodes = static_cast<std::uint32_t>(numa_nodes().size());
    return report;
  }

 private:
  // A multifunction_node puts from inside its body. A serial function_node puts after it has let the next
  // message in, so two of its results may overtake each other.
  using OrderedNode = flow::multifunction_node<Batch*, std::tuple<Batch*>>;
  using ShardNode = OrderedNode;

  Batch* read(oneapi::tbb::flow_control& control) {
    Batch* const batch = reader_.next();
    if (batch == nullptr) control.stop();
    return batch;
  }

  // Past this, a batch belongs to exactly S readers; the last one to finish retires it.
  void admit(Batch& batch, OrderedNode::output_ports_type& ports) {
    ledger_.admit(batch);
    batch.shards_left.store(shards_.size(), std::memory_order_relaxed);
    std::get<0>(ports).try_put(&batch);
  }

  void apply(std::size_t shard, Batch& batch, ShardNode::output_ports_type& ports) {
    node_arenas_.run(shard, [&] { apply_part(shards_[shard], batch, shard); });
    if (batch.shards_left.fetch_sub(1, std::memory_order_acq_rel) > 1) return;
    latency_.batch_done(shard, batch);
    std::get<0>(ports).try_put(&batch);
  }

  std::vector<Shard>& shards_;
  Partition partition_;
  Ledger ledger_;
  LatencyLog latency_;
  const bool numa_;
  NodeArenas node_arenas_;
  BatchPool pool_;
  BatchReader reader_;

  flow::graph graph_;

  // Takes the next whole records into a free block, read or yet to be read, and numbers it.
  flow::input_node<Batch*> read_{graph_, [this](auto& control) { return read(control); }};

  // Back-pressure: a function_node queues without bound, so this is all that bounds the memory in flight.
  // The decrementer takes an int: a continue_msg has been ignored in some releases.
  flow::limiter_node<Batch*, int> in_flight_;

  // Reads what is not, parses, hashes and routes to lists, any number of blocks at once; afterwards they are out of
  // order.
  flow::function_node<Batch*, Batch*> partition_node_{graph_, flow::unlimited, [this](Batch* batch) {
                                                        partition_.run(*batch);
                                                        return batch;
                                                      }};

  // Restores file order. A missing number would swallow all behind it: so every block that was read comes
  // by, a bad one too, and the ledger counts at the end.
  flow::sequencer_node<Batch*> in_order_{graph_, [](const Batch* batch) { return batch->sequence; }};

  // Counts lines, finds the first bad one, and hands the batch to all shards, in order.
  OrderedNode admit_{graph_, flow::serial, [this](Batch* batch, auto& ports) { admit(*batch, ports); }};

  // One per shard: its only writer.
  std::deque<ShardNode> shard_nodes_;

  // Gives the block back, and lets the next one start.
  flow::function_node<Batch*, int> retire_{graph_, flow::unlimited, [this](Batch* batch) {
                                             pool_.release(*batch);
                                             return 1;
                                           }};
};

}  // namespace

RunReport run_flow(Source& source, Store& store, const RunOptions& options) {
  // A source that waits takes a thread out of the work, and gets one more for that.
  const std::uint32_t threads = options.threads + (source.may_wait() ? 1 : 0);
  return in_arena(threads, [&] { return FlowGraph(source, store, options).run(); });
}

}  // namespace shardflow
