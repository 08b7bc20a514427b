// The loop of the record-at-a-time modes, so that each of them says only how a record gets to its worker.
#pragma once

#include <algorithm>
#include <vector>

#include "pipeline/input/parse.hpp"
#include "pipeline/mode/check_interrupt.hpp"
#include "pipeline/mode/held_batches.hpp"
#include "pipeline/mode/ledger.hpp"
#include "pipeline/mode/locked_shards.hpp"
#include "pipeline/mode/mode.hpp"

namespace shardflow {

// Calls give(HeldBatch&, const Fields&, index in the block) for each record of the block.
template <class Give>
void give_records(HeldBatch& batch, const RunOptions& options, std::vector<Fields>& fields, Give& give) {
  const auto give_one = [&](const Fields& each) {
    check_interrupt(options);
    give(batch, each, batch.records);
    ++batch.records;
  };
  if (batch.block.format.kind == TextFormat::Kind::kTsv) {
    batch.parsed = parse_records(batch.block, options.rules, give_one);
    return;
  }
  // The others rewrite fields, beside those that somebody already reads.
  fields.clear();
  batch.parsed = parse_records(batch.block, options.rules, [&](const Fields& each) { fields.push_back(each); });
  std::ranges::for_each(fields, give_one);
}

// Reads block after block; calls give(HeldBatch&, const Fields&, index in the block) for each record, and in the end
// finish(), which must wait until all that was given is written. Who writes a record calls the batch's written().
template <class Give, class Finish>
RunReport run_by_record(Source& source, Store& store, const RunOptions& options, LockedShards& shards, Give&& give,
                        Finish&& finish) {
  HeldBatches batches(options.block_bytes, store.budget());
  Ledger ledger(source, store, options);
  std::uint64_t blocks_read = 0;
  try {
    std::vector<Fields> fields;
    for (HeldBatch* batch = &batches.acquire(); source.next(batch->block); batch = &batches.acquire()) {
      batch->sequence = blocks_read++;
      give_records(*batch, options, fields, give);
      shards.rethrow();
      batch->routed = batch->records;
      ledger.admit(*batch);
      batches.let_go(*batch);
    }
  } catch (...) {
    finish();  // what was given still reads its block
    throw;
  }
  finish();
  shards.rethrow();
  check_interrupt(options);  // then not all was written
  RunReport report = ledger.close(blocks_read);
  report.latency = shards.latency();
  return report;
}

}  // namespace shardflow
