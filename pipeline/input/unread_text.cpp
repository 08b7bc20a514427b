#include "pipeline/input/unread_text.hpp"

#include <unistd.h>

#include <cassert>
#include <cerrno>

#include "pipeline/errors.hpp"

namespace shardflow {

void UnreadText::read(char* to, std::size_t bytes) {
  assert(bytes <= bytes_);
  while (bytes > 0) {
    const ssize_t got = pread(file_->descriptor.number(), to, bytes, static_cast<off_t>(offset_));
    if (got == 0) throw BecameShorterError(file_->name);
    if (got < 0) {
      if (errno == EINTR) continue;
      throw IoError(file_->name, "reading failed", errno);
    }
    const auto more = static_cast<std::size_t>(got);
    to += more;
    bytes -= more;
    offset_ += more;
    bytes_ -= more;
  }
}

}  // namespace shardflow
