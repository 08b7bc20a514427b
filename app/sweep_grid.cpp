#include "app/sweep_grid.hpp"

#include <algorithm>

#include "app/terminal.hpp"

namespace shardflow::app {
namespace {

std::vector<std::uint32_t> threads_of(const Mode& mode, const SweepOptions& options) {
  if (mode.knobs.workers && !options.workers.empty()) return options.workers;
  if (mode.knobs.workers || mode.knobs.threads) return options.threads;
  const bool by_thread = mode.run == find_mode("threads")->run;
  return {by_thread ? static_cast<std::uint32_t>(options.load.run.max_threads) : 1};
}

std::vector<std::size_t> capacities_of(const Mode& mode, const SweepOptions& options) {
  return mode.knobs.capacity ? options.capacities : std::vector{SIZE_MAX};
}

// For each value of an axis all points so far, with that value.
template <class Value>
void multiply(std::vector<GridPoint>& points, Value GridPoint::*axis, const std::vector<Value>& values) {
  std::vector<GridPoint> product;
  for (GridPoint point : points) {
    for (const Value& value : values) {
      point.*axis = value;
      if (std::ranges::find(product, point) == product.end()) product.push_back(point);
    }
  }
  points = std::move(product);
}

}  // namespace

std::vector<GridPoint> make_grid(const SweepOptions& options) {
  std::vector<GridPoint> grid;
  for (const Mode* const mode : options.modes) {
    std::vector<GridPoint> points(1);
    points[0].mode = mode->name;
    if (!options.records.empty()) multiply(points, &GridPoint::records, options.records);
    multiply(points, &GridPoint::threads, threads_of(*mode, options));
    multiply(points, &GridPoint::shards, options.shards);
    multiply(points, &GridPoint::capacity, capacities_of(*mode, options));
    multiply(points, &GridPoint::block_bytes, options.block_bytes);
    for (const GridPoint& point : points) {
      if (std::ranges::find(grid, point) == grid.end()) grid.push_back(point);
    }
  }
  return grid;
}

std::string describe(const GridPoint& point) {
  std::string text = std::string(point.mode) + ", " +
                     (point.records == UINT64_MAX ? "all" : short_count(point.records)) +
                     (point.records == 1 ? " record, " : " records, ") + plural(point.threads, "thread") + ", " +
                     plural(point.shards, "shard");
  if (point.capacity == SIZE_MAX) return text;
  return text + ", capacity " + (point.capacity == 0 ? "unbounded" : short_count(point.capacity));
}

LoadOptions options_at(const GridPoint& point, LoadOptions base) {
  base.mode = find_mode(point.mode);
  base.shards = point.shards;
  base.run.threads = base.mode->knobs.threads ? point.threads : 1;
  base.run.workers = point.threads;
  base.run.capacity = point.capacity == SIZE_MAX ? RunOptions().capacity : point.capacity;
  base.run.block_bytes = point.block_bytes;
  return base;
}

}  // namespace shardflow::app
