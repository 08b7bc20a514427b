#include "pipeline/huge_pieces.hpp"

#include <algorithm>
#include <cassert>
#include <cstring>

namespace shardflow {
namespace {

// The first unit of the first run of so many that are not taken; `units`, if there is none.
template <std::size_t units>
std::size_t first_fit(const std::bitset<units>& taken, std::size_t wanted) {
  if (units - taken.count() < wanted) return units;
  std::size_t run = 0;
  for (std::size_t i = 0; i < units; ++i) {
    run = taken[i] ? 0 : run + 1;
    if (run == wanted) return i + 1 - wanted;
  }
  return units;
}

template <std::size_t units>
std::bitset<units> run_of(std::size_t begin, std::size_t count) {
  return (~std::bitset<units>() >> (units - count)) << begin;
}

}  // namespace

char* HugePieces::take(std::size_t bytes) {
  assert(bytes > 0 && bytes % kUnitBytes == 0 && bytes < kHugePageBytes);
  const std::size_t count = bytes / kUnitBytes;
  const std::scoped_lock lock(mutex_);
  std::size_t begin = 0;
  auto region = std::find_if(regions_.begin(), regions_.end(), [&](const Region& each) {
    begin = first_fit(each.taken, count);
    return begin < kUnits;
  });
  if (region == regions_.end()) {
    regions_.reserve(regions_.size() + 1);
    region = regions_.insert(regions_.end(), Region{map_huge(kRegionBytes), {}});
    begin = 0;
  }
  region->taken |= run_of<kUnits>(begin, count);
  char* const piece = region->data + begin * kUnitBytes;
  if (begin < region->touched) std::memset(piece, 0, std::min(count, region->touched - begin) * kUnitBytes);
  if (begin + count > region->touched) {
    populate(piece, bytes);
    region->touched = begin + count;
  }
  return piece;
}

void HugePieces::give_back(char* piece, std::size_t bytes) noexcept {
  const std::scoped_lock lock(mutex_);
  const auto region = std::find_if(regions_.begin(), regions_.end(), [&](const Region& each) {
    return piece >= each.data && piece < each.data + kRegionBytes;
  });
  assert(region != regions_.end());
  region->taken &= ~run_of<kUnits>(static_cast<std::size_t>(piece - region->data) / kUnitBytes, bytes / kUnitBytes);
  if (region->taken.any()) return;
  unmap(region->data, kRegionBytes);
  regions_.erase(region);
}

}  // namespace shardflow
