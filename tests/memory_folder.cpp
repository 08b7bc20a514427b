#include "tests/memory_folder.hpp"

#include <cstdlib>
#include <stdexcept>
#include <string>
#include <system_error>

namespace testing {

namespace fs = std::filesystem;

MemoryFolder::MemoryFolder(std::uint64_t bytes) {
  const fs::path memory = "/dev/shm";
  std::error_code none;
  const bool roomy = fs::space(memory, none).available >= bytes && !none;
  std::string pattern = (roomy ? memory : fs::temp_directory_path()) / "shardflow-XXXXXX";
  if (mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("no temporary folder");
  path_ = pattern;
}

MemoryFolder::~MemoryFolder() {
  std::error_code ignored;
  fs::remove_all(path_, ignored);
}

}  // namespace testing
