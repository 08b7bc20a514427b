// What the operating system says that a process has used.
#pragma once

#include <cstdint>

namespace shardflow {

struct Usage {
  double wall_s = 0;  // from an arbitrary point; only differences mean something
  double user_s = 0;
  double system_s = 0;
  std::uint64_t voluntary_switches = 0;
  std::uint64_t involuntary_switches = 0;

  // This process, all its threads, until now.
  static Usage now();
  Usage operator-(const Usage& earlier) const;
};

// The most memory that was resident at once, in bytes, so far.
std::uint64_t peak_resident_bytes();

// Anonymous memory that is resident now, and the part of it that lies in huge pages, in bytes; from
// /proc/self/smaps_rollup. Both 0 where the kernel does not tell.
struct AnonymousMemory {
  std::uint64_t resident_bytes = 0;
  std::uint64_t huge_bytes = 0;
};
AnonymousMemory anonymous_memory();

}  // namespace shardflow
