// Measurements for the report's tests, made by formulae.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "app/comparison.hpp"
#include "app/sweep_result.hpp"

namespace testing {

// Four modes; the first ran on a part of the input.
shardflow::app::Comparison made_up_comparison(bool latency, std::uint64_t rounds = 7);

// Likewise, of all eight, with latencies.
shardflow::app::Comparison made_up_comparison_of_all();

// Three modes over a grid of settings: flow, serial, which knows one thread only, and channel, which alone has a
// capacity. A capacity of 0 is unbounded.
struct Grid {
  std::vector<std::uint64_t> records{5'000'000};
  std::vector<std::uint32_t> threads{2};
  std::vector<std::uint32_t> shards{8};
  std::vector<std::size_t> capacities{0};
  std::vector<std::size_t> block_bytes{256 << 10};
  std::uint64_t rounds = 7;
};
shardflow::app::Sweep made_up_sweep(const Grid& grid, bool latency = true);

}  // namespace testing
