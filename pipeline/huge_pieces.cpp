#include "pipeline/huge_pieces.hpp"

#include <algorithm>
#include <cassert>
#include <cstring>
#include <iterator>

namespace shardflow {

// The first gap that is wide enough, of a new region if there is none.
HugePieces::Region& HugePieces::region_with(std::size_t units, std::vector<Gap>::iterator& gap) {
  for (Region& region : regions_) {
    gap = std::ranges::find_if(region.gaps, [&](const Gap& each) { return each.units >= units; });
    if (gap != region.gaps.end()) return region;
  }
  regions_.reserve(regions_.size() + 1);
  Region& region = regions_.emplace_back(Region{map_huge(kRegionBytes)});
  gap = region.gaps.begin();
  return region;
}

char* HugePieces::take(std::size_t bytes) {
  assert(bytes > 0 && bytes % kUnitBytes == 0 && bytes < kHugePageBytes);
  const std::size_t units = bytes / kUnitBytes;
  const std::scoped_lock lock(mutex_);
  std::vector<Gap>::iterator gap;
  Region& region = region_with(units, gap);
  const std::size_t begin = gap->begin;
  *gap = {begin + units, gap->units - units};
  if (gap->units == 0) region.gaps.erase(gap);

  char* const piece = region.data + begin * kUnitBytes;
  if (begin < region.touched) std::memset(piece, 0, std::min(units, region.touched - begin) * kUnitBytes);
  if (begin + units > region.touched) {
    populate(piece, bytes);
    region.touched = begin + units;
  }
  return piece;
}

void HugePieces::give_back(char* piece, std::size_t bytes) noexcept {
  const std::scoped_lock lock(mutex_);
  const auto region = std::ranges::find_if(
      regions_, [&](const Region& each) { return piece >= each.data && piece < each.data + kRegionBytes; });
  assert(region != regions_.end());
  std::vector<Gap>& gaps = region->gaps;
  Gap wider{static_cast<std::size_t>(piece - region->data) / kUnitBytes, bytes / kUnitBytes};
  auto at = std::ranges::lower_bound(gaps, wider.begin, {}, &Gap::begin);
  if (at != gaps.end() && at->begin == wider.begin + wider.units) {
    wider.units += at->units;
    at = gaps.erase(at);
  }
  if (at != gaps.begin() && std::prev(at)->begin + std::prev(at)->units == wider.begin) {
    std::prev(at)->units += wider.units;
  } else {
    gaps.insert(at, wider);
  }
  if (gaps.front().units < kUnits) return;
  unmap(region->data, kRegionBytes);
  regions_.erase(region);
}

}  // namespace shardflow
