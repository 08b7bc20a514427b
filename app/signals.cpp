#include "app/signals.hpp"

#include <pthread.h>
#include <unistd.h>

#include <ctime>
#include <system_error>

namespace shardflow::app {
namespace {

// Makes the thread look whether the watch is over. From somebody else, as batch systems send it before SIGTERM, it says
// nothing.
constexpr int kOver = SIGUSR1;
constexpr timespec kGrace{0, 150'000'000};

// As nohup leaves SIGHUP, and a shell without job control SIGINT of what runs in the background. Blocked, it would be
// taken all the same: Linux drops what is ignored only where it is not blocked.
bool is_ignored(int signal) {
  struct sigaction inherited {};
  return sigaction(signal, nullptr, &inherited) == 0 && inherited.sa_handler == SIG_IGN;
}

}  // namespace

SignalWatch::SignalWatch() {
  sigemptyset(&signals_);
  sigaddset(&signals_, kOver);
  for (const int signal : {SIGINT, SIGTERM, SIGHUP}) {
    if (!is_ignored(signal)) sigaddset(&signals_, signal);
  }
  pthread_sigmask(SIG_BLOCK, &signals_, nullptr);
  try {
    thread_ = std::thread([this] { wait(); });
  } catch (const std::system_error&) {
    // EAGAIN: no more threads for this user. Then a signal just ends the process, as it does by default.
    pthread_sigmask(SIG_UNBLOCK, &signals_, nullptr);
  }
}

SignalWatch::~SignalWatch() {
  if (!thread_.joinable()) return;
  over_ = true;
  pthread_kill(thread_.native_handle(), kOver);
  thread_.join();
}

void SignalWatch::wait() {
  int signal = kOver;
  while (signal == kOver) {
    if (sigwait(&signals_, &signal) != 0 || over_) return;
  }
  received_ = signal;
  interrupt_.raise();
  sigset_t over;
  sigemptyset(&over);
  sigaddset(&over, kOver);
  while (!over_) {
    if (sigtimedwait(&over, nullptr, &kGrace) != kOver) _exit(exit_code());
  }
}

}  // namespace shardflow::app
