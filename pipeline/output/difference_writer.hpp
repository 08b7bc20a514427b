// What changed from one store to another, as a file.
#pragma once

#include <cstdint>

#include "pipeline/output/map_writer.hpp"
#include "pipeline/output/sink.hpp"
#include "pipeline/store/store.hpp"

namespace shardflow {

// Keys.
struct DifferenceCounts {
  std::uint64_t added = 0;
  std::uint64_t removed = 0;
  std::uint64_t changed = 0;
  std::uint64_t same = 0;

  bool equal() const { return added + removed + changed == 0; }
};

// Compares the stores shard by shard on options.threads threads, and writes each difference to `sink` unless that is
// nullptr: the words added, removed or changed, the key, the old value, the new value (both, the absent one empty), as
// TSV with escapes, CSV with a header, or JSON Lines with the members that there are. All differences are in memory
// at once, formatted. Does not commit. Throws what the sink throws, EncodingError.
// REQUIRES: as many shards in both stores; options.order is kAsStored.
DifferenceCounts write_difference(const Store& before, const Store& after, const WriteOptions& options, Sink* sink);

}  // namespace shardflow
