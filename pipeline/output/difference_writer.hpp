// What changed from one store to another, as a file.
#pragma once

#include <cstdint>
#include <memory>
#include <span>

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
  bool operator==(const DifferenceCounts&) const = default;
};

// REQUIRES: as many shards in both stores.
DifferenceCounts count_differences(const Store& before, const Store& after, std::uint32_t threads);

// Likewise, and writes each difference: the words added, removed or changed, the key, the old value, the new value
// (both, the absent one empty), as TSV with escapes, CSV with a header, or JSON Lines with the members that there are.
// In parallel and in pieces, as write_map; by key it also has 64 bytes a difference in memory. Does not commit. Throws
// what the sink throws, EncodingError.
// REQUIRES: one sink.
DifferenceCounts write_differences(const Store& before, const Store& after, const WriteOptions& options,
                                   std::span<const std::unique_ptr<Sink>> sink);

}  // namespace shardflow
