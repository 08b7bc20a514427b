// The points of a sweep.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "app/options.hpp"

namespace shardflow::app {

// One way to run the job. Options that make no difference to the mode have a value that says so, and the same for all
// of its points.
struct GridPoint {
  std::string_view mode;
  std::uint64_t records = UINT64_MAX;  // the first so many; UINT64_MAX: all
  std::uint32_t threads = 1;           // that work; of channel its workers, of threads those alive at once
  std::uint32_t shards = 1;
  std::size_t capacity = SIZE_MAX;  // 0: unbounded; SIZE_MAX: the mode has no queue
  std::size_t block_bytes = 0;

  bool operator==(const GridPoint&) const = default;
};

// All points of the grid, each once, in the order of the lists: modes, records, threads, shards, capacity, blocks.
std::vector<GridPoint> make_grid(const SweepOptions& options);

// "flow, 1M records, 2 threads, 8 shards": for progress.
std::string describe(const GridPoint& point);

// `base` with what the point says in place.
LoadOptions options_at(const GridPoint& point, LoadOptions base);

}  // namespace shardflow::app
