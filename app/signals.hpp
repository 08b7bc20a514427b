// SIGINT, SIGTERM and SIGHUP: a run stops within 0.2 s, also one that waits for a pipe or a disk.
#pragma once

#include <atomic>
#include <csignal>
#include <thread>

#include "pipeline/interrupt.hpp"

namespace shardflow::app {

// While it lives, a thread of its own takes the signals. It raises the interrupt, and if 0.15 s later the
// watch still lives, ends the process. What the process was started to ignore stays ignored, in its children too.
class SignalWatch {
 public:
  // REQUIRES: no other thread exists yet; those to come inherit that the signals are blocked.
  SignalWatch();
  ~SignalWatch();
  SignalWatch(const SignalWatch&) = delete;
  SignalWatch& operator=(const SignalWatch&) = delete;

  const Interrupt& interrupt() const { return interrupt_; }
  // 128 + the number of the signal that came.
  int exit_code() const { return 128 + received_; }

 private:
  void wait();

  sigset_t signals_;
  Interrupt interrupt_;
  std::atomic<int> received_{0};
  std::atomic<bool> over_{false};
  std::thread thread_;
};

}  // namespace shardflow::app
