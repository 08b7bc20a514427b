// The ledger of a run: what was read, partitioned and applied.
#pragma once

#include <cstdint>

#include "pipeline/batch.hpp"
#include "pipeline/mode/mode.hpp"

namespace shardflow {

// Keeps count in file order, so that it can say on which line a bad record stands, although blocks are
// parsed in parallel and none knows how many lines came before it. One thread at a time.
class Ledger {
 public:
  // All three must outlive it.
  Ledger(const Source& source, const Store& store, const RunOptions& options);

  // Takes the next batch. REQUIRES: batch.sequence is the number of batches admitted so far.
  // Throws BadInputError if the batch has a bad line, or of
  // those that are skipped one too many.
  void admit(const Batch& batch);

  // More records for the shards than the batches said.
  void add_routed(std::uint64_t records) { report_.routed += records; }

  // What was admitted. Throws std::logic_error if `blocks_read`, or what the shards applied, differs:
  // a graph that loses a message ends without a word.
  RunReport close(std::uint64_t blocks_read) const;

 private:
  void refuse(const Batch& batch, const BadLine& bad);

  const Source& source_;
  const Store& store_;
  const RunOptions& options_;
  std::uint64_t applied_before_;
  RunReport report_;
  std::uint32_t file_index_ = 0;
  std::uint64_t lines_ = 0;  // of the present file, before the next batch
};

}  // namespace shardflow
