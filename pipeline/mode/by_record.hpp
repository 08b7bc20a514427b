// The loop of the record-at-a-time modes, so that each of them says only how a record gets to its worker.
#pragma once

#include <algorithm>
#include <vector>

#include "pipeline/batch.hpp"
#include "pipeline/input/parse.hpp"
#include "pipeline/mode/check_interrupt.hpp"
#include "pipeline/mode/ledger.hpp"
#include "pipeline/mode/locked_shards.hpp"
#include "pipeline/mode/mode.hpp"

namespace shardflow {

// Reads block after block; calls give(const Batch&, const Fields&, index in the block) for each record, and
// after each block finish(), which must wait until all that was given is written: then the block is used again.
template <class Give, class Finish>
RunReport run_by_record(Source& source, Store& store, const RunOptions& options, LockedShards& shards, Give&& give,
                        Finish&& finish) {
  Batch batch(options.block_bytes, 0, store.budget());
  Ledger ledger(source, store, options);
  const auto give_one = [&](const Fields& fields) {
    check_interrupt(options);
    give(batch, fields, batch.records);
    ++batch.records;
  };
  std::vector<Fields> fields;
  for (; source.next(batch.block); ++batch.sequence) {
    try {
      if (batch.block.format.kind == TextFormat::Kind::kTsv) {
        batch.parsed = parse_records(batch.block, options.rules, give_one);
      } else {
        // The others rewrite fields, beside those that somebody already reads.
        fields.clear();
        batch.parsed = parse_records(batch.block, options.rules, [&](const Fields& each) { fields.push_back(each); });
        std::ranges::for_each(fields, give_one);
      }
    } catch (...) {
      finish();  // what was given still reads the block
      throw;
    }
    finish();
    shards.rethrow();
    batch.routed = batch.records;
    ledger.admit(batch);
    batch.reset();
  }
  RunReport report = ledger.close(batch.sequence);
  report.latency = shards.latency();
  return report;
}

}  // namespace shardflow
