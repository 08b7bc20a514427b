// What this process may use of the machine.
#pragma once

#include <cstdint>
#include <filesystem>

namespace shardflow {

// Logical cores that this process may run on at once: its affinity mask, and its cgroup's CPU quota
// rounded up (oneTBB looks at the mask alone). At least 1.
std::uint32_t logical_cores();

// The cgroup's memory limit or the physical memory, whichever is less, in bytes.
std::uint64_t memory_limit_bytes();

// How many of `wanted` threads the system lets this process have right now, at least 1 (the calling one).
// oneTBB creates each of its threads once, and a failure in one of its own ends the process: so ask first.
std::uint32_t startable_threads(std::uint32_t wanted);

// For tests: the same, with the cgroup files below `root` in place of the system's.
struct CgroupLimits {
  double cpus;                 // 0: no quota
  std::uint64_t memory_bytes;  // UINT64_MAX: no limit
};
CgroupLimits read_cgroup_limits(const std::filesystem::path& root, const std::filesystem::path& own_cgroup_file);

}  // namespace shardflow
