// Sorts a piece's records by their prefixes.
//
// A radix sort of the bits alone that tell the order: the sorted keys of a piece have most of their bits in common, and
// of text never differ in all bits of a byte. It takes the 22 highest of them, from the least significant digit of 11
// bits to the other, and goes on with the rest of them where records are still equal. Only then do the records
// themselves move.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace shardflow {

struct SortedRecord {
  std::uint64_t prefix;  // see key_prefix.hpp
  const char* entry;
};

// Calls visit(std::span<SortedRecord>) for each two or more that stand together and agree in these bits.
template <class Visit>
void for_each_tie(std::span<SortedRecord> records, std::uint64_t bits, Visit&& visit) {
  for (std::size_t begin = 0; begin < records.size();) {
    std::size_t end = begin + 1;
    while (end < records.size() && ((records[end].prefix ^ records[begin].prefix) & bits) == 0) ++end;
    if (end - begin > 1) visit(records.subspan(begin, end - begin));
    begin = end;
  }
}

// Of one thread: it keeps the memory that it sorts with.
class PrefixSort {
 public:
  // By prefix, ascending; those of the same prefix in any order. Throws std::bad_alloc. REQUIRES: fewer than 2^32.
  void operator()(std::span<SortedRecord> records);

 private:
  void sort_telling(std::span<SortedRecord> records, std::uint64_t telling);

  // A record on its way, sorted by its low digit.
  struct HalfSorted {
    std::uint32_t high_digit;
    std::uint32_t index;
  };
  std::vector<HalfSorted> half_sorted_;
  std::vector<SortedRecord> sorted_;
  std::vector<std::uint32_t> digits_;
};

}  // namespace shardflow
