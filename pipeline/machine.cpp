#include "pipeline/machine.hpp"

#include <sched.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <condition_variable>
#include <exception>
#include <fstream>
#include <limits>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace shardflow {
namespace {

namespace fs = std::filesystem;

// The first word of a file; empty if there is none. "max" is cgroup's word for no limit.
std::string first_word(const fs::path& file) {
  std::ifstream in(file);
  std::string word;
  in >> word;
  return word;
}

// Version 2: cpu.max holds "QUOTA PERIOD" or "max PERIOD" (Documentation/admin-guide/cgroup-v2.rst).
double quota_cpus(const fs::path& cgroup) {
  std::ifstream in(cgroup / "cpu.max");
  double quota_us = 0;
  double period_us = 0;
  return in >> quota_us >> period_us && period_us > 0 ? quota_us / period_us : 0;
}

std::uint64_t memory_bytes(const fs::path& cgroup) {
  std::ifstream in(cgroup / "memory.max");
  std::uint64_t bytes = 0;
  return in >> bytes ? bytes : std::numeric_limits<std::uint64_t>::max();
}

// Version 1 keeps one tree a controller and the quota in two files.
CgroupLimits read_version_1(const fs::path& root) {
  CgroupLimits limits{0, std::numeric_limits<std::uint64_t>::max()};
  const std::string quota = first_word(root / "cpu" / "cpu.cfs_quota_us");
  const std::string period = first_word(root / "cpu" / "cpu.cfs_period_us");
  if (!quota.empty() && quota[0] != '-' && !period.empty()) limits.cpus = std::stod(quota) / std::stod(period);
  const std::string memory = first_word(root / "memory" / "memory.limit_in_bytes");
  if (!memory.empty()) limits.memory_bytes = std::stoull(memory);
  return limits;
}

// The path behind "0::" in /proc/self/cgroup: the process's place in the version 2 tree.
std::string own_path(const fs::path& own_cgroup_file) {
  std::ifstream in(own_cgroup_file);
  for (std::string line; std::getline(in, line);) {
    if (line.starts_with("0::/")) return line.substr(4);
  }
  return "";
}

CgroupLimits system_limits() { return read_cgroup_limits("/sys/fs/cgroup", "/proc/self/cgroup"); }

std::uint32_t cores_in_affinity_mask() {
  cpu_set_t mask;
  if (sched_getaffinity(0, sizeof mask, &mask) != 0) return std::max(1u, std::thread::hardware_concurrency());
  return static_cast<std::uint32_t>(CPU_COUNT(&mask));
}

}  // namespace

CgroupLimits read_cgroup_limits(const fs::path& root, const fs::path& own_cgroup_file) {
  CgroupLimits limits = read_version_1(root);
  // A limit binds all below it, so each level on the way up counts.
  for (fs::path below = own_path(own_cgroup_file);; below = below.parent_path()) {
    const fs::path level = below.empty() ? root : root / below;
    const double cpus = quota_cpus(level);
    if (cpus > 0 && (limits.cpus == 0 || cpus < limits.cpus)) limits.cpus = cpus;
    limits.memory_bytes = std::min(limits.memory_bytes, memory_bytes(level));
    if (below.empty()) return limits;
  }
}

std::uint32_t logical_cores() {
  const std::uint32_t allowed = cores_in_affinity_mask();
  const double quota = system_limits().cpus;
  return quota <= 0 ? allowed : std::clamp(static_cast<std::uint32_t>(std::ceil(quota)), 1u, allowed);
}

std::uint64_t memory_limit_bytes() {
  const auto physical =
      static_cast<std::uint64_t>(sysconf(_SC_PHYS_PAGES)) * static_cast<std::uint64_t>(sysconf(_SC_PAGESIZE));
  return std::min(physical, system_limits().memory_bytes);
}

std::uint32_t startable_threads(std::uint32_t wanted) {
  std::mutex mutex;
  std::condition_variable over;
  bool done = false;
  std::vector<std::jthread> threads;
  try {
    while (threads.size() + 1 < wanted) {
      threads.emplace_back([&] {
        std::unique_lock lock(mutex);
        over.wait(lock, [&] { return done; });
      });
    }
  } catch (const std::exception&) {
    // EAGAIN: a limit on processes, or no memory for a stack or for the list. Those that started are the answer,
    // and are to be told that it is over.
  }
  {
    const std::scoped_lock lock(mutex);
    done = true;
  }
  over.notify_all();
  return static_cast<std::uint32_t>(threads.size()) + 1;
}

}  // namespace shardflow
