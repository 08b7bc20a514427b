#include "pipeline/measure/change_points.hpp"

#include <algorithm>
#include <cmath>
#include <optional>

namespace shardflow {
namespace {

// For each value twice its rank, counted from 1; equal values share the mean of theirs.
std::vector<double> doubled_ranks(std::span<const double> values) {
  std::vector<double> sorted(values.begin(), values.end());
  std::ranges::sort(sorted);
  std::vector<double> ranks;
  for (const double value : values) {
    const auto [first, last] = std::equal_range(sorted.begin(), sorted.end(), value);
    ranks.push_back(static_cast<double>((first - sorted.begin()) + (last - sorted.begin()) + 1));
  }
  return ranks;
}

// Where the second part begins, if the two differ.
std::optional<std::size_t> change_point(std::span<const double> values, double significance) {
  const auto n = static_cast<double>(values.size());
  const std::vector<double> ranks = doubled_ranks(values);
  double sum = 0;  // Pettitt's U
  double greatest = 0;
  std::size_t at = 0;
  for (std::size_t i = 0; i + 1 < values.size(); ++i) {
    sum += ranks[i] - (n + 1);
    if (std::abs(sum) > greatest) {
      greatest = std::abs(sum);
      at = i + 1;
    }
  }
  // Pettitt's approximation, on the safe side.
  const double p = 2 * std::exp(-6 * greatest * greatest / (n * n * n + n * n));
  return at > 0 && p < significance ? std::optional(at) : std::nullopt;
}

void split(std::span<const double> values, std::size_t offset, double significance, std::vector<std::size_t>& found) {
  const auto at = change_point(values, significance);
  if (!at) return;
  split(values.first(*at), offset, significance, found);
  found.push_back(offset + *at);
  split(values.subspan(*at), offset + *at, significance, found);
}

}  // namespace

std::vector<std::size_t> change_points(std::span<const double> values, double significance) {
  std::vector<std::size_t> found;
  split(values, 0, significance, found);
  return found;
}

}  // namespace shardflow
