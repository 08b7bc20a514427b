// The order in which runs take turns.
#pragma once

#include <cstddef>
#include <numeric>
#include <random>
#include <utility>
#include <vector>

namespace shardflow::app {

// 0 to size - 1 in random order, so that a drift of the machine hits all alike. Fisher and Yates, by hand:
// std::shuffle gives another order with another standard library.
inline std::vector<std::size_t> shuffled(std::size_t size, std::mt19937_64& random) {
  std::vector<std::size_t> order(size);
  std::iota(order.begin(), order.end(), std::size_t{0});
  for (std::size_t i = size; i > 1; --i) std::swap(order[i - 1], order[random() % i]);
  return order;
}

}  // namespace shardflow::app
