#include "pipeline/input/unread_text.hpp"

#include <unistd.h>

#include <cassert>
#include <cerrno>

#include "pipeline/errors.hpp"

namespace shardflow {

std::size_t OpenFile::read_at(std::uint64_t offset, char* to, std::size_t most) const {
  for (;;) {
    const ssize_t got = pread(descriptor.number(), to, most, static_cast<off_t>(offset));
    if (got >= 0) return static_cast<std::size_t>(got);
    if (errno != EINTR) throw IoError(name, "reading failed", errno);
  }
}

void UnreadText::read(char* to, std::size_t bytes) {
  assert(bytes <= bytes_);
  while (bytes > 0) {
    const std::size_t got = file_->read_at(offset_, to, bytes);
    if (got == 0) throw BecameShorterError(file_->name);
    to += got;
    bytes -= got;
    offset_ += got;
    bytes_ -= got;
  }
}

}  // namespace shardflow
