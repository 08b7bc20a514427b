// What the record-at-a-time modes share: any thread may write any shard, so each has a mutex.
#pragma once

#include <atomic>
#include <cstdint>
#include <deque>
#include <exception>
#include <mutex>

#include "pipeline/batch.hpp"
#include "pipeline/input/tsv.hpp"
#include "pipeline/mode/latency_log.hpp"
#include "pipeline/store/partition.hpp"
#include "pipeline/store/store.hpp"

namespace shardflow {

class LockedShards {
 public:
  LockedShards(Store& store, const RunOptions& options);

  // Hashes the key of the batch's index-th record, locks its shard, and upserts. From any thread; keeps what goes
  // wrong for rethrow(), because a thread of its own has nowhere to throw to.
  void upsert(const Batch& batch, const Fields& fields, std::uint64_t index) noexcept;

  // Throws the first failure so far, if there was one. From any thread.
  void rethrow();

  // How long the records took. REQUIRES: no upsert is under way.
  Histogram latency() const { return latency_.merged(); }

 private:
  std::vector<Shard>& shards_;
  const KeyHash& hash_;
  Router router_;
  LatencyLog latency_;
  std::deque<std::mutex> mutexes_;
  std::atomic<bool> failed_{false};
  std::mutex failure_mutex_;
  std::exception_ptr failure_;
};

}  // namespace shardflow
