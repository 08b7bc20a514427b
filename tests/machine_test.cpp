#include "pipeline/machine.hpp"

#include <doctest/doctest.h>

#include <filesystem>
#include <string>

#include "tests/folder.hpp"

namespace machine_test {

using namespace shardflow;
namespace fs = std::filesystem;

namespace {

// A cgroup tree in a folder; files are given as "path" and text.
class Tree {
 public:
  Tree(std::initializer_list<std::pair<std::string, std::string>> files, const std::string& own = "0::/\n") {
    for (const auto& [path, text] : files) {
      fs::create_directories(fs::path(folder_.path(path)).parent_path());
      folder_.write(path, text);
    }
    folder_.write("self", own);
  }
  CgroupLimits limits() const { return read_cgroup_limits(folder_.path("."), folder_.path("self")); }

 private:
  testing::Folder folder_;
};

}  // namespace

TEST_CASE("without cgroup files there is no limit") {
  const CgroupLimits limits = Tree({}).limits();
  CHECK(limits.cpus == 0);
  CHECK(limits.memory_bytes == UINT64_MAX);
}

TEST_CASE("version 2: quota over period, and bytes; max is no limit") {
  const CgroupLimits limits = Tree({{"cpu.max", "150000 100000\n"}, {"memory.max", "1048576\n"}}).limits();
  CHECK(limits.cpus == 1.5);
  CHECK(limits.memory_bytes == 1048576);
  const CgroupLimits none = Tree({{"cpu.max", "max 100000\n"}, {"memory.max", "max\n"}}).limits();
  CHECK(none.cpus == 0);
  CHECK(none.memory_bytes == UINT64_MAX);
}

TEST_CASE("version 2: the tightest limit on the way up from the process's own group binds") {
  const CgroupLimits limits = Tree({{"a/cpu.max", "100000 100000\n"},
                                    {"a/b/cpu.max", "400000 100000\n"},
                                    {"a/b/memory.max", "5000\n"},
                                    {"a/memory.max", "7000\n"},
                                    {"other/memory.max", "1\n"}},
                                   "0::/a/b\n")
                                  .limits();
  CHECK(limits.cpus == 1);
  CHECK(limits.memory_bytes == 5000);
}

TEST_CASE("version 1: quota and period are files of their own, and -1 is no limit") {
  const CgroupLimits limits = Tree({{"cpu/cpu.cfs_quota_us", "50000\n"},
                                    {"cpu/cpu.cfs_period_us", "100000\n"},
                                    {"memory/memory.limit_in_bytes", "4096\n"}})
                                  .limits();
  CHECK(limits.cpus == 0.5);
  CHECK(limits.memory_bytes == 4096);
  CHECK(Tree({{"cpu/cpu.cfs_quota_us", "-1\n"}, {"cpu/cpu.cfs_period_us", "100000\n"}}).limits().cpus == 0);
}

TEST_CASE("this process may use a core and some memory, and start a thread") {
  CHECK(logical_cores() >= 1);
  CHECK(memory_limit_bytes() > 1 << 20);
  CHECK(startable_threads(1) == 1);
  CHECK(startable_threads(3) == 3);
}

}  // namespace machine_test
