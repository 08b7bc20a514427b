#include "pipeline/measure/usage.hpp"

#include <sys/resource.h>

#include <algorithm>
#include <chrono>
#include <fstream>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

namespace shardflow {
namespace {

double seconds(const timeval& time) {
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) * 1e-6;
}

rusage own_usage() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return usage;
}

// The numbers behind `names` in a file of lines "NAME NUMBER kB"; 0 where there is none.
std::vector<std::uint64_t> kibibytes(const char* file, const std::vector<std::string_view>& names) {
  std::vector<std::uint64_t> sizes(names.size(), 0);
  std::ifstream in(file);
  for (std::string line; std::getline(in, line);) {
    std::istringstream words(line);
    std::string name;
    std::uint64_t size = 0;
    if (!(words >> name >> size)) continue;
    const auto found = std::ranges::find(names, name);
    if (found != names.end()) sizes[static_cast<std::size_t>(found - names.begin())] = size;
  }
  return sizes;
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

// Not getrusage's ru_maxrss: that one is inherited through fork and exec, from whoever started us.
std::uint64_t peak_resident_bytes() { return kibibytes("/proc/self/status", {"VmHWM:"})[0] * 1024; }

AnonymousMemory anonymous_memory() {
  const auto sizes = kibibytes("/proc/self/smaps_rollup", {"Anonymous:", "AnonHugePages:"});
  return {sizes[0] * 1024, sizes[1] * 1024};
}

}  // namespace shardflow
