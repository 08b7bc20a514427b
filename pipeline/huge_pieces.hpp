// Pieces of huge pages, for what is smaller than one: the blocks, the lists of a batch, a shard's first tables and its
// arena's first chunks.
//
// A huge page is one fault for 512 small ones; and in a virtual machine whose kernel keeps page tables of its own, each
// small page costs once more when it is first written: 4 us, where a huge page costs 0.2 us for as many bytes.
//
// Pieces of several shards share a page, and so a NUMA node: --numa has a shard's own memory on its node from 2 MiB on.
#pragma once

#include <cstddef>
#include <mutex>
#include <vector>

#include "pipeline/huge_pages.hpp"

namespace shardflow {

// Safe to use from any number of threads. What is given back is used again; a region of which all is, is unmapped.
class HugePieces {
 public:
  static constexpr std::size_t kUnitBytes = 4096;

  HugePieces() = default;
  HugePieces(const HugePieces&) = delete;
  HugePieces& operator=(const HugePieces&) = delete;

  // Zero bytes, resident. REQUIRES: a multiple of kUnitBytes, above 0, below kHugePageBytes. Throws std::bad_alloc.
  char* take(std::size_t bytes);
  // REQUIRES: take() gave it, or it is a part of what take() gave, of whole units.
  void give_back(char* piece, std::size_t bytes) noexcept;

 private:
  // Of four huge pages, so that a piece of more than half of one wastes none.
  static constexpr std::size_t kRegionBytes = 4 * kHugePageBytes;
  static constexpr std::size_t kUnits = kRegionBytes / kUnitBytes;

  struct Gap {
    std::size_t begin;
    std::size_t units;
  };

  struct Region {
    char* data;
    std::vector<Gap> gaps{{0, kUnits}};  // what is not taken, in order; no two of them touch
    std::size_t touched = 0;             // units from here on were never given
  };

  Region& region_with(std::size_t units, std::vector<Gap>::iterator& gap);

  std::mutex mutex_;
  std::vector<Region> regions_;
};

}  // namespace shardflow
