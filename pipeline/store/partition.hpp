// The partition: parses a block, hashes each key once, and routes each record to its shard's list.
//
// Sharding, explained here once: a key belongs to shard murmur3_x86_32(key, 0) % shards. So keys of
// different shards never meet; each shard has one writer at a time; and nothing in a shard needs a lock.
#pragma once

#include <oneapi/tbb/enumerable_thread_specific.h>

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

#include "pipeline/batch.hpp"
#include "pipeline/store/combiner.hpp"
#include "pipeline/store/combining.hpp"
#include "pipeline/store/key_hash.hpp"
#include "pipeline/store/murmur3.hpp"

namespace shardflow {

// x % n for a fixed n without a division: Lemire, Kaser and Kurz, "Faster remainder by direct
// computation", 2019.
class Modulus {
 public:
  explicit Modulus(std::uint32_t n) : n_(n), reciprocal_(UINT64_MAX / n + 1) {}
  std::uint32_t of(std::uint32_t x) const {
    __extension__ using Product = unsigned __int128;
    return static_cast<std::uint32_t>((static_cast<Product>(reciprocal_ * x) * n_) >> 64);
  }

 private:
  std::uint64_t n_;
  std::uint64_t reciprocal_;  // 2^64 / n, rounded up (0 for n = 1, which gives 0, as it should)
};

// Routes by murmur3. REQUIRES: 4 readable bytes behind the key.
class Router {
 public:
  explicit Router(std::uint32_t shards) : modulus_(shards) {}
  std::uint32_t shard_of(std::string_view key) const { return shard_of_hash(murmur3_x86_32_padded(key, 0)); }
  std::uint32_t shard_of_hash(std::uint32_t murmur3) const { return modulus_.of(murmur3); }

 private:
  Modulus modulus_;
};

// Partitions batches, from any number of threads at once.
class Partition {
 public:
  // REQUIRES: shards > 0. The hash, and what the batches' memory is out of, must outlive it.
  Partition(std::uint32_t shards, const RecordRules& rules, const KeyHash& hash);

  // Fills batch.parsed, batch.parts and batch.records.
  void run(Batch& batch);

  // What says how wide blocks are to be.
  Combining& combining() { return combining_; }

 private:
  // One for each width of blocks; double ones have that of usual ones.
  using Combiners = std::array<std::optional<Combiner>, kBlockWidths>;

  template <class Form>
  void route(Batch& batch);
  void route_combined(Batch& batch);
  std::optional<Combiner>& combiner_for(BlockWidth width);  // of this thread

  Router router_;
  RecordRules rules_;
  const KeyHash& hash_;
  Combining combining_;
  // Of each thread: what one block taught about its keys is in the caches for the next one.
  tbb::enumerable_thread_specific<Combiners> combiners_;
};

}  // namespace shardflow
