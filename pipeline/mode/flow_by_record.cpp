// The flow graph with one record a message: what a graph costs without batches.
//
//   read ─► in_flight ─► hash ─► in_order ─► route ─► shard 0 … shard S-1 ─► (one more may start)
#include <oneapi/tbb/flow_graph.h>

#include <deque>
#include <memory>
#include <vector>

#include "pipeline/batch.hpp"
#include "pipeline/input/parse.hpp"
#include "pipeline/mode/check_interrupt.hpp"
#include "pipeline/mode/in_arena.hpp"
#include "pipeline/mode/latency_log.hpp"
#include "pipeline/mode/ledger.hpp"
#include "pipeline/mode/run.hpp"
#include "pipeline/store/partition.hpp"

namespace shardflow {
namespace {

namespace flow = oneapi::tbb::flow;

struct Message {
  std::shared_ptr<const Batch> batch;  // keeps the block alive
  RecordRef record{};
  std::uint64_t sequence = 0;  // of the record
  std::uint64_t index = 0;     // of the record in its block
  std::uint32_t shard = 0;
};

class RecordGraph {
 public:
  RecordGraph(Source& source, Store& store, const RunOptions& options)
      : source_(source),
        store_(store),
        options_(options),
        router_(static_cast<std::uint32_t>(store.shards().size())),
        ledger_(source, store, options),
        latency_(options, store.shards().size()),
        in_flight_(graph_, options.capacity > 0 ? options.capacity : SIZE_MAX / 2) {
    for (Shard& shard : store.shards()) {
      shard_nodes_.emplace_back(graph_, flow::serial, [this, &shard](const Message& message) {
        shard.apply(message.batch->block.data_of_text(), {&message.record, 1}, message.batch->block.input_share);
        latency_.record_done(message.shard, *message.batch, message.index);
        return 1;
      });
      flow::make_edge(shard_nodes_.back(), in_flight_.decrementer());
    }
    flow::make_edge(read_, in_flight_);
    flow::make_edge(in_flight_, hash_);
    flow::make_edge(hash_, in_order_);
    flow::make_edge(in_order_, route_);
  }

  RunReport run() {
    read_.activate();
    graph_.wait_for_all();
    RunReport report = ledger_.close(blocks_read_);
    report.latency = latency_.merged();
    return report;
  }

 private:
  using ShardNode = flow::function_node<Message, int>;

  Message read(oneapi::tbb::flow_control& control) {
    check_interrupt(options_);
    while (next_ == fields_.size()) {
      if (!read_block()) {
        control.stop();
        return {};
      }
    }
    const Fields& fields = fields_[next_];
    return {batch_,
            {0, fields.key_offset, fields.key_bytes, fields.value_offset, fields.value_bytes},
            records_++,
            next_++,
            0};
  }

  bool read_block() {
    auto batch = std::make_shared<Batch>(options_.block_bytes, 0, store_.budget());
    if (!source_.next(batch->block)) return false;
    fields_.clear();
    next_ = 0;
    batch->parsed =
        parse_records(batch->block, options_.rules, [&](const Fields& fields) { fields_.push_back(fields); });
    batch->sequence = blocks_read_++;
    batch->records = batch->routed = fields_.size();
    ledger_.admit(*batch);
    batch_ = std::move(batch);
    return true;
  }

  Message hash(Message message) const {
    const std::string_view key(message.batch->block.data_of_text() + message.record.key_offset,
                               message.record.key_bytes);
    message.record.hash = slot_hash(store_.hash().padded(key));
    message.shard = router_.shard_of(key);
    return message;
  }

  Source& source_;
  Store& store_;
  const RunOptions& options_;
  Router router_;
  Ledger ledger_;
  LatencyLog latency_;

  // Of read_ alone.
  std::shared_ptr<const Batch> batch_;
  std::vector<Fields> fields_;
  std::size_t next_ = 0;
  std::uint64_t records_ = 0;
  std::uint64_t blocks_read_ = 0;

  flow::graph graph_;
  flow::input_node<Message> read_{graph_, [this](auto& control) { return read(control); }};
  flow::limiter_node<Message, int> in_flight_;
  flow::function_node<Message, Message> hash_{graph_, flow::unlimited,
                                              [this](const Message& message) { return hash(message); }};
  flow::sequencer_node<Message> in_order_{graph_, [](const Message& message) { return message.sequence; }};
  // Puts from inside its body, so in order; a shard's node takes them in that order.
  flow::function_node<Message> route_{graph_, flow::serial, [this](const Message& message) {
                                        shard_nodes_[message.shard].try_put(message);
                                        return flow::continue_msg();
                                      }};
  std::deque<ShardNode> shard_nodes_;
};

}  // namespace

RunReport run_flow_by_record(Source& source, Store& store, const RunOptions& options) {
  const std::uint32_t threads = options.threads + (source.may_wait() ? 1 : 0);
  return in_arena(threads, [&] { return RecordGraph(source, store, options).run(); });
}

}  // namespace shardflow
