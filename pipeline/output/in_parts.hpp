// Work on a store's parts.
#pragma once

#include <oneapi/tbb/blocked_range.h>
#include <oneapi/tbb/parallel_for.h>

#include <algorithm>
#include <cstddef>

namespace shardflow {

// Calls work(part) for all `parts`, which have so many records: at once, or, where they are so few that another thread
// would hardly be there in time, one after the other. REQUIRES: is called within an arena.
template <class Work>
void in_parts(std::size_t parts, std::size_t records, Work&& work) {
  constexpr std::size_t kFew = std::size_t{1} << 13;
  const std::size_t grain = records < kFew ? std::max<std::size_t>(parts, 1) : 1;
  oneapi::tbb::parallel_for(oneapi::tbb::blocked_range<std::size_t>(0, parts, grain), [&](const auto& range) {
    for (std::size_t part = range.begin(); part != range.end(); ++part) work(part);
  });
}

}  // namespace shardflow
