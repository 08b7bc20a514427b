// parallel_for over blocks into one tbb::concurrent_hash_map: what a user of oneTBB would write first.
#include <oneapi/tbb/concurrent_hash_map.h>
#include <oneapi/tbb/parallel_for.h>
#include <oneapi/tbb/task_arena.h>

#include <deque>
#include <string>

#include "pipeline/batch.hpp"
#include "pipeline/input/parse.hpp"
#include "pipeline/mode/check_interrupt.hpp"
#include "pipeline/mode/in_arena.hpp"
#include "pipeline/mode/latency_log.hpp"
#include "pipeline/mode/ledger.hpp"
#include "pipeline/mode/locked_shards.hpp"
#include "pipeline/mode/run.hpp"

namespace shardflow {
namespace {

using Map = oneapi::tbb::concurrent_hash_map<std::string, std::string>;

void insert(Batch& batch, const RunOptions& options, Map& map, LatencyLog& latency) {
  batch.parsed = parse_records(batch.block, options.rules, [&](const Fields& fields) {
    const char* const text = batch.block.data_of_text();
    check_interrupt(options);
    Map::accessor place;
    map.insert(place, std::string(text + fields.key_offset, fields.key_bytes));
    place->second.assign(text + fields.value_offset, fields.value_bytes);
    place.release();
    latency.record_done(static_cast<std::size_t>(oneapi::tbb::this_task_arena::current_thread_index()), batch,
                        batch.records);
    ++batch.records;
  });
}

// Reads up to so many blocks, inserts them in parallel, and so on to the end.
std::uint64_t fill(Source& source, Store& store, const RunOptions& options, Ledger& ledger, Map& map,
                   LatencyLog& latency) {
  std::deque<Batch> batches;
  for (std::size_t i = 0; i < options.blocks; ++i) batches.emplace_back(options.block_bytes, 0, store.budget());
  std::uint64_t blocks_read = 0;
  for (bool more = true; more;) {
    std::size_t filled = 0;
    while (filled < batches.size() && (more = source.next(batches[filled].block))) {
      batches[filled++].sequence = blocks_read++;
    }
    oneapi::tbb::parallel_for(std::size_t{0}, filled,
                              [&](std::size_t i) { insert(batches[i], options, map, latency); });
    for (std::size_t i = 0; i < filled; ++i) {
      ledger.admit(batches[i]);
      batches[i].reset();
    }
  }
  return blocks_read;
}

// Every mode ends in the store, so that one check serves all. This one's result is the map.
void copy(const Map& map, Store& store, const RunOptions& options) {
  LockedShards shards(store, RunOptions());
  Batch batch(1024, 0, store.budget());
  for (const auto& [key, value] : map) {
    check_interrupt(options);
    const std::size_t bytes = key.size() + value.size();
    batch.reset();
    if (bytes > batch.block.capacity()) batch.block.grow(bytes);
    key.copy(batch.block.data(), key.size());
    value.copy(batch.block.data() + key.size(), value.size());
    batch.block.set_text(0, bytes);
    const auto key_bytes = static_cast<std::uint32_t>(key.size());
    shards.upsert(batch, {0, key_bytes, key_bytes, static_cast<std::uint32_t>(value.size())}, 0);
    shards.rethrow();  // at once: after a failure every further record would fail too
  }
  for (Shard& shard : store.shards()) shard.settle();
}

}  // namespace

RunReport run_concurrent_map(Source& source, Store& store, const RunOptions& options) {
  return in_arena(options.threads, [&] {
    Ledger ledger(source, store, options);
    Map map;
    LatencyLog latency(options, options.threads);
    const std::uint64_t blocks_read = fill(source, store, options, ledger, map, latency);

    const Usage before = Usage::now();
    copy(map, store, options);
    ledger.add_routed(map.size());
    RunReport report = ledger.close(blocks_read);
    report.latency = latency.merged();
    map.clear();
    report.uncounted = Usage::now() - before;
    return report;
  });
}

}  // namespace shardflow
