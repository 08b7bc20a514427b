// Where a series of measurements took another level.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

namespace shardflow {

// A series without a change is found to have one about as often as this, at most.
inline constexpr double kFalseChange = 0.01;

// The indices at which a new level begins, ascending. By Pettitt's test (A. N. Pettitt, "A non-parametric approach to
// the change-point problem", 1979), on the whole and then, where it finds a change, on both parts. It looks at ranks
// alone, so an outlier is one value like any other; and it takes about eight values on each side to be sure, more
// where the series comes back to the level that it left.
std::vector<std::size_t> change_points(std::span<const double> values, double significance = kFalseChange);

}  // namespace shardflow
