// Text of a block that is still in its file.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>

#include "pipeline/descriptor.hpp"

namespace shardflow {

// A file that is open, and its name for messages.
struct OpenFile {
  Descriptor descriptor;
  std::string name;

  // Reads up to `most` bytes from `offset` on, wherever the descriptor stands. How many; 0 at the end. Throws IoError.
  std::size_t read_at(std::uint64_t offset, char* to, std::size_t most) const;
};

// A stretch of a regular file, read by whoever works on the text: so several threads read at once, and each has in its
// own caches what it read.
class UnreadText {
 public:
  UnreadText() = default;  // nothing
  // `bytes` of the file, from `offset` on.
  UnreadText(std::shared_ptr<const OpenFile> file, std::uint64_t offset, std::size_t bytes)
      : file_(std::move(file)), offset_(offset), bytes_(bytes) {}

  // That are left to read.
  std::size_t bytes() const { return bytes_; }
  // Reads the next `bytes`. Throws IoError, where the file has become shorter BecameShorterError. REQUIRES: bytes <=
  // bytes().
  void read(char* to, std::size_t bytes);

 private:
  std::shared_ptr<const OpenFile> file_;
  std::uint64_t offset_ = 0;
  std::size_t bytes_ = 0;
};

}  // namespace shardflow
