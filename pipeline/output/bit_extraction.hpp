// Some bits of numbers, put side by side. Where many records' numbers have most of their bits in common, the others
// alone tell how they are ordered, and are few enough to be a place in a table.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <span>

namespace shardflow {

// The highest of a mask's bits: so many, or all that it has.
inline std::uint64_t highest_bits(std::uint64_t mask, int bits) {
  for (int count = std::popcount(mask); count > bits; --count) mask &= mask - 1;
  return mask;
}

// A way to do it, for the processors that have its instructions.
struct BitExtraction {
  const char* name;
  bool supported;  // here, and fast
  // Writes for each of `count` 64-bit numbers, which begin `stride` bytes apart, those of its bits that `mask` has, the
  // lowest first. REQUIRES: 32 of them at most.
  void (*extract)(const void* numbers, std::size_t stride, std::size_t count, std::uint64_t mask, std::uint32_t* bits);
};

// The best first; the last one is supported everywhere.
std::span<const BitExtraction> bit_extractions();

// The best that this processor has. As BitExtraction::extract.
void extract_bits(const void* numbers, std::size_t stride, std::size_t count, std::uint64_t mask, std::uint32_t* bits);

}  // namespace shardflow
