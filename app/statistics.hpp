// What `load` tells about a run, as text for people and as JSON for programs. Pure functions.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "pipeline/measure/floor.hpp"
#include "pipeline/measure/usage.hpp"
#include "pipeline/mode/mode.hpp"
#include "pipeline/store/store.hpp"

namespace shardflow::app {

struct LoadStatistics {
  std::string_view mode;
  std::uint32_t threads = 0;
  std::size_t block_bytes = 0;
  std::size_t blocks = 0;
  bool numa = false;  // asked for
  RunReport run;
  Usage usage;  // of the run alone: from the first open to the last write into a shard
  std::uint64_t keys = 0;
  StoreMemory memory;
  std::vector<std::uint64_t> shard_records;  // applied, a number a shard
  std::vector<std::uint64_t> shard_keys;
  std::uint64_t peak_resident_bytes = 0;
  AnonymousMemory anonymous;
  std::optional<Digest> digest;
  std::optional<Floor> floor;

  double ns_per_record() const;
  // The largest shard's records over the mean: 1 is perfect balance.
  double imbalance() const;
};

// At most 80 columns. `verbose` adds a line a shard.
std::string statistics_text(const LoadStatistics& statistics, bool verbose, bool color);
// Of it, what it took an option of its own to measure.
std::string asked_text(const LoadStatistics& statistics);
// One object in one line. Its "schema" grows with every change that could break a reader.
std::string statistics_json(const LoadStatistics& statistics);

}  // namespace shardflow::app
