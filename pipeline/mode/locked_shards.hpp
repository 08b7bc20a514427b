// What the record-at-a-time modes share: any thread may write any shard, so each has a mutex.
#pragma once

#include <cstdint>
#include <deque>
#include <exception>
#include <mutex>

#include "pipeline/batch.hpp"
#include "pipeline/input/tsv.hpp"
#include "pipeline/store/partition.hpp"
#include "pipeline/store/store.hpp"

namespace shardflow {

class LockedShards {
 public:
  explicit LockedShards(Store& store);

  // Hashes the record's key, locks its shard, and upserts. From any thread; keeps what goes wrong for
  // rethrow(), because a thread of its own has nowhere to throw to.
  void upsert(const Batch& batch, const Fields& fields) noexcept;

  // Throws the first failure, if there was one. REQUIRES: no upsert is under way.
  void rethrow() const;

 private:
  std::vector<Shard>& shards_;
  const KeyHash& hash_;
  Router router_;
  std::deque<std::mutex> mutexes_;
  std::mutex failure_mutex_;
  std::exception_ptr failure_;
};

}  // namespace shardflow
