// Where measurements keep their files.
#pragma once

#include <cstdint>
#include <filesystem>

namespace testing {

// A folder in memory, where that has room for so many bytes, else among the temporary ones: reading it is reading the
// page cache. Gone with its owner.
class MemoryFolder {
 public:
  // Throws std::runtime_error.
  explicit MemoryFolder(std::uint64_t bytes);
  ~MemoryFolder();
  MemoryFolder(const MemoryFolder&) = delete;
  MemoryFolder& operator=(const MemoryFolder&) = delete;

  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

}  // namespace testing
