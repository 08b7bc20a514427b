#include "app/process.hpp"

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>

#include "pipeline/descriptor.hpp"
#include "pipeline/errors.hpp"

namespace shardflow::app {
namespace {

using Clock = std::chrono::steady_clock;

double seconds(const timeval& time) {
  return static_cast<double>(time.tv_sec) + 1e-6 * static_cast<double>(time.tv_usec);
}

// A running child whose standard error is read from here. Ended and reaped at the latest with this object.
class Child {
 public:
  Child(const std::string& program, std::vector<std::string> words) {
    std::array<int, 2> ends{};
    if (pipe2(ends.data(), O_CLOEXEC) != 0) throw IoError("pipe", "cannot be made", errno);
    errors_ = Descriptor(ends[0]);
    const Descriptor write_end(ends[1]);
    std::vector<char*> pointers;
    for (std::string& word : words) pointers.push_back(word.data());
    pointers.push_back(nullptr);
    posix_spawn_file_actions_t files;
    posix_spawn_file_actions_init(&files);
    posix_spawn_file_actions_addopen(&files, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
    posix_spawn_file_actions_adddup2(&files, write_end.number(), STDERR_FILENO);
    const int failed = posix_spawn(&process_, program.c_str(), &files, nullptr, pointers.data(), environ);
    posix_spawn_file_actions_destroy(&files);
    if (failed != 0) throw IoError(program, "cannot be started", failed);
    // glibc 2.36 declares pidfd_open for C alone.
    end_ = Descriptor(static_cast<int>(syscall(SYS_pidfd_open, process_, 0)));
    if (!end_.open()) throw IoError(program, "cannot be waited for", errno);
  }

  ~Child() {
    if (process_ == 0) return;
    end();
    waitpid(process_, nullptr, 0);
  }
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;

  void end() const { kill(process_, SIGKILL); }

  // All of its standard error, until it has ended: it may close that and go on, or leave it to a child of its own.
  // False: the time is over first.
  bool read_errors(const Interrupt& interrupt, Clock::time_point deadline, std::string& text) {
    for (bool open = true;;) {
      std::array<pollfd, 3> waits{pollfd{end_.number(), POLLIN, 0}, pollfd{interrupt.wake_descriptor(), POLLIN, 0},
                                  pollfd{open ? errors_.number() : -1, POLLIN, 0}};
      const int ready = poll(waits.data(), waits.size(), milliseconds_until(deadline));
      if (interrupt.raised()) throw InterruptedError();
      if (ready == 0) return false;
      if (waits[2].revents != 0) {
        open = read_some(text);
      } else if (waits[0].revents != 0) {
        return true;
      }
    }
  }

  // Waits for its end, and tells how it ended and what it used, wall time apart.
  void reap(ProcessResult& result) {
    int status = 0;
    rusage used{};
    while (wait4(process_, &status, 0, &used) < 0 && errno == EINTR) continue;
    process_ = 0;
    if (WIFEXITED(status)) result.exit_code = WEXITSTATUS(status);
    if (WIFSIGNALED(status)) result.signal = WTERMSIG(status);
    result.peak_resident_bytes = static_cast<std::uint64_t>(used.ru_maxrss) * 1024;
    result.usage.user_s = seconds(used.ru_utime);
    result.usage.system_s = seconds(used.ru_stime);
    result.usage.voluntary_switches = static_cast<std::uint64_t>(used.ru_nvcsw);
    result.usage.involuntary_switches = static_cast<std::uint64_t>(used.ru_nivcsw);
  }

 private:
  // False at its end.
  bool read_some(std::string& text) const {
    std::array<char, 65536> buffer;
    const ssize_t got = read(errors_.number(), buffer.data(), buffer.size());
    if (got > 0) text.append(buffer.data(), static_cast<std::size_t>(got));
    return got > 0;
  }

  static int milliseconds_until(Clock::time_point deadline) {
    if (deadline == Clock::time_point::max()) return -1;
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - Clock::now()).count();
    return static_cast<int>(std::clamp<std::int64_t>(left, 0, 1'000'000'000));
  }

  Descriptor errors_;
  Descriptor end_;  // readable once it has ended
  pid_t process_ = 0;
};

}  // namespace

ProcessResult run_process(const std::string& program, std::vector<std::string> words, const Interrupt& interrupt,
                          std::chrono::milliseconds timeout) {
  const Clock::time_point start = Clock::now();
  Child child(program, std::move(words));
  ProcessResult result;
  result.timed_out =
      !child.read_errors(interrupt, timeout == kNoTimeout ? Clock::time_point::max() : start + timeout, result.errors);
  if (result.timed_out) child.end();
  child.reap(result);
  result.usage.wall_s = std::chrono::duration<double>(Clock::now() - start).count();
  return result;
}

}  // namespace shardflow::app
