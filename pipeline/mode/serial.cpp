// One thread does it all, block by block, with the graph's own kernel: what the others are checked against.
#include "pipeline/batch.hpp"
#include "pipeline/mode/apply_part.hpp"
#include "pipeline/mode/in_arena.hpp"
#include "pipeline/mode/latency_log.hpp"
#include "pipeline/mode/ledger.hpp"
#include "pipeline/mode/run.hpp"
#include "pipeline/store/partition.hpp"

namespace shardflow {

namespace {

RunReport run_here(Source& source, Store& store, const RunOptions& options) {
  std::vector<Shard>& shards = store.shards();
  Batch batch(options.block_bytes, shards.size(), store.budget());
  Partition partition(static_cast<std::uint32_t>(shards.size()), options.rules, store.hash());
  Ledger ledger(source, store, options);
  LatencyLog latency(options, 1);

  for (; source.next_unread(batch.block); ++batch.sequence) {
    partition.run(batch);
    ledger.admit(batch);
    for (std::size_t i = 0; i < shards.size(); ++i) {
      apply_part(shards[i], batch, i);
    }
    latency.batch_done(0, batch);
    batch.reset();
    batch.set_width(partition.combining().width(batch.sequence + 1), 1);
  }
  for (Shard& shard : shards) shard.settle();
  RunReport report = ledger.close(batch.sequence);
  report.latency = latency.merged();
  return report;
}

}  // namespace

RunReport run_serial(Source& source, Store& store, const RunOptions& options) {
  // In an arena, for the source, too, to use no other thread.
  return in_arena(1, [&] { return run_here(source, store, options); });
}

}  // namespace shardflow
