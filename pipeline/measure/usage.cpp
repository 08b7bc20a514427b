#include "pipeline/measure/usage.hpp"

#include <sys/resource.h>

#include <chrono>
#include <fstream>
#include <sstream>
#include <string>

namespace shardflow {
namespace {

double seconds(const timeval& time) { return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) * 1e-6; }

rusage own_usage() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return usage;
}

}  // namespace

Usage Usage::now() {
  const rusage usage = own_usage();
  return {std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count(),
          seconds(usage.ru_utime), seconds(usage.ru_stime), static_cast<std::uint64_t>(usage.ru_nvcsw),
          static_cast<std::uint64_t>(usage.ru_nivcsw)};
}

Usage Usage::operator-(const Usage& earlier) const {
  return {wall_s - earlier.wall_s, user_s - earlier.user_s, system_s - earlier.system_s,
          voluntary_switches - earlier.voluntary_switches, involuntary_switches - earlier.involuntary_switches};
}

std::uint64_t peak_resident_bytes() { return static_cast<std::uint64_t>(own_usage().ru_maxrss) * 1024; }

AnonymousMemory anonymous_memory() {
  AnonymousMemory memory;
  std::ifstream rollup("/proc/self/smaps_rollup");
  for (std::string line; std::getline(rollup, line);) {
    std::istringstream words(line);
    std::string name;
    std::uint64_t kibibytes = 0;
    if (!(words >> name >> kibibytes)) continue;
    if (name == "Anonymous:") memory.resident_bytes = kibibytes * 1024;
    if (name == "AnonHugePages:") memory.huge_bytes = kibibytes * 1024;
  }
  return memory;
}

}  // namespace shardflow
