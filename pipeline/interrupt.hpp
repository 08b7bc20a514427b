// A way to stop a run from outside, also one that waits for a pipe.
#pragma once

#include <atomic>

namespace shardflow {

// Raised once, stays raised. raise() is async-signal-safe; everything is safe from any thread.
class Interrupt {
 public:
  Interrupt();  // throws IoError if the system has no descriptor left
  ~Interrupt();
  Interrupt(const Interrupt&) = delete;
  Interrupt& operator=(const Interrupt&) = delete;

  void raise() noexcept;
  bool raised() const noexcept { return raised_.load(std::memory_order_acquire); }
  // Readable from the moment it is raised: for poll(2) beside the input's descriptor.
  int wake_descriptor() const noexcept { return wake_descriptor_; }

 private:
  std::atomic<bool> raised_{false};
  int wake_descriptor_;
};

}  // namespace shardflow
