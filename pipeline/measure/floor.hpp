// The least that filling a store costs on the machine at hand: what no program that does this job can leave out, each
// part alone and as fast as it goes. Parsing a field, hashing a key and comparing it are no part of it, nor is what a
// record takes whose key is known: that can be made cheaper, these can't.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace shardflow {

struct FloorJob {
  std::vector<std::string> files;   // regular ones; what is compressed counts as it is
  std::uint64_t keys = 0;           // different ones
  std::uint64_t payload_bytes = 0;  // of all keys and their last values
  std::uint64_t table_bytes = 0;
  std::uint32_t threads = 1;
  std::uint64_t memory_limit_bytes = UINT64_MAX;
};

// Seconds, with all threads at work on a part at once: that of the slowest.
struct Floor {
  double read_s = 0;        // every byte once, into a buffer that stays in the cache
  double separators_s = 0;  // every TAB and LF in it
  double pages_s = 0;       // the table's and the payload's, faulted in
  double slots_s = 0;       // 8 bytes into a random place of the table, prefetched, a key
  double payload_s = 0;     // from the cache into memory, in sequence

  double sum_s() const { return read_s + separators_s + pages_s + slots_s + payload_s; }
};

// Throws IoError, MemoryLimitError, std::bad_alloc.
Floor measure_floor(const FloorJob& job);

}  // namespace shardflow
