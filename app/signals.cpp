#include "app/signals.hpp"

#include <pthread.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <csignal>
#include <thread>

namespace shardflow::app {
namespace {

constexpr std::chrono::milliseconds kGrace{150};

std::atomic<int> received_signal{0};

Interrupt& interrupt() {
  static Interrupt instance;
  return instance;
}

sigset_t stopping_signals() {
  sigset_t signals;
  sigemptyset(&signals);
  for (const int signal : {SIGINT, SIGTERM, SIGHUP}) sigaddset(&signals, signal);
  return signals;
}

void wait_for_signal(sigset_t signals) {
  int signal = 0;
  if (sigwait(&signals, &signal) != 0) return;
  received_signal = signal;
  interrupt().raise();
  std::this_thread::sleep_for(kGrace);
  _exit(interrupted_exit_code());
}

}  // namespace

void watch_signals() {
  interrupt();  // made before the thread, destroyed after main
  const sigset_t signals = stopping_signals();
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);  // inherited by every thread to come
  std::thread(wait_for_signal, signals).detach();
}

const Interrupt& process_interrupt() { return interrupt(); }

int interrupted_exit_code() { return 128 + received_signal.load(); }

}  // namespace shardflow::app
