#include "pipeline/store/growth.hpp"

#include <algorithm>
#include <cmath>

namespace shardflow {
namespace {

constexpr double kLeastFactor = 1.25;
constexpr double kUnknownFactor = 1.5;
constexpr double kMostFactor = 16;
// Spare room, so that a last percent of keys does not double the work of growing.
constexpr double kMargin = 1.04;

// Distinct keys among `draws` from `keys`.
double expected_distinct(double keys, double draws) { return -keys * std::expm1(-draws / keys); }

// The K for which expected_distinct(K, records) is `distinct`, by bisection: it grows with K.
double population(double distinct, double records) {
  double low = distinct;
  double high = records * records;  // one repeat would be expected below half of this
  for (int step = 0; step < 100 && high / low > 1.001; ++step) {
    const double middle = std::sqrt(low * high);
    (expected_distinct(middle, records) < distinct ? low : high) = middle;
  }
  return high;
}

double expected(const GrowthState& state) {
  const auto keys = static_cast<double>(state.keys);
  if (state.input_share <= 0 || state.keys == 0) return keys * kUnknownFactor;
  const auto records = static_cast<double>(state.records);
  const double final_records = records / std::min(state.input_share, 1.0);
  return kMargin * expected_distinct(population(keys, records), final_records);
}

}  // namespace

std::size_t expected_keys(const GrowthState& state) {
  constexpr double kMost = 1e15;  // beyond, a share that is near 0 is a mistake
  return static_cast<std::size_t>(std::min(expected(state), kMost));
}

std::size_t planned_keys(const GrowthState& state) {
  const auto keys = static_cast<double>(state.keys);
  return static_cast<std::size_t>(std::clamp(expected(state), keys * kLeastFactor, keys * kMostFactor)) + 1;
}

}  // namespace shardflow
