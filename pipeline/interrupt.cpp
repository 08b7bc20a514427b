#include "pipeline/interrupt.hpp"

#include <sys/eventfd.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>

#include "pipeline/errors.hpp"

namespace shardflow {

Interrupt::Interrupt() : wake_descriptor_(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
  if (wake_descriptor_ < 0) throw IoError("eventfd", "cannot be made", errno);
}

Interrupt::~Interrupt() { close(wake_descriptor_); }

void Interrupt::raise() noexcept {
  raised_.store(true, std::memory_order_release);
  const std::uint64_t one = 1;
  // An eventfd that is full already is readable already: there is nothing to do if the write fails.
  [[maybe_unused]] const auto written = write(wake_descriptor_, &one, sizeof one);
}

}  // namespace shardflow
