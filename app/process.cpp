#include "app/process.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <string_view>

#include "pipeline/descriptor.hpp"
#include "pipeline/errors.hpp"

namespace shardflow::app {
namespace {

using Clock = std::chrono::steady_clock;

double seconds(const timeval& time) {
  return static_cast<double>(time.tv_sec) + 1e-6 * static_cast<double>(time.tv_usec);
}

struct Pipe {
  Pipe() {
    std::array<int, 2> ends{};
    if (pipe2(ends.data(), O_CLOEXEC) != 0) throw IoError("pipe", "cannot be made", errno);
    read_end = Descriptor(ends[0]);
    write_end = Descriptor(ends[1]);
  }
  Descriptor read_end;
  Descriptor write_end;
};

// A null-terminated array, as execve wants it.
std::vector<char*> pointers_to(std::vector<std::string>& words) {
  std::vector<char*> pointers;
  for (std::string& word : words) pointers.push_back(word.data());
  pointers.push_back(nullptr);
  return pointers;
}

// Our variables are options of this process, and the child was told its own: SHARDFLOW_OUTPUT would have each run of a
// sweep write its map over the sweep's file.
std::vector<char*> environment_without_options() {
  std::vector<char*> variables;
  for (char** each = environ; *each != nullptr; ++each) {
    if (!std::string_view(*each).starts_with("SHARDFLOW_")) variables.push_back(*each);
  }
  variables.push_back(nullptr);
  return variables;
}

// In the child, between fork and exec: nothing here may allocate, or throw. Writes errno to `failure` if it fails.
[[noreturn]] void become(const char* program, char* const* words, char* const* variables, int errors, int failure,
                         pid_t parent) {
  // Not even SIGKILL of the parent leaves a run behind that uses the machine.
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (getppid() != parent) _exit(127);
  const int nowhere = open("/dev/null", O_WRONLY | O_CLOEXEC);
  if (nowhere >= 0 && dup2(nowhere, STDOUT_FILENO) >= 0 && dup2(errors, STDERR_FILENO) >= 0) {
    execve(program, words, variables);
  }
  const int error = errno;
  [[maybe_unused]] const ssize_t told = write(failure, &error, sizeof error);
  _exit(127);
}

// A running child whose standard error is read from here. Ended and reaped at the latest with this object.
class Child {
 public:
  Child(const std::string& program, std::vector<std::string> words) {
    Pipe errors;
    Pipe failure;  // closes empty when exec succeeds
    const std::vector<char*> arguments = pointers_to(words);
    const std::vector<char*> variables = environment_without_options();
    const pid_t parent = getpid();
    process_ = fork();
    if (process_ == 0) {
      become(program.c_str(), arguments.data(), variables.data(), errors.write_end.number(), failure.write_end.number(),
             parent);
    }
    if (process_ < 0) {
      process_ = 0;
      throw IoError(program, "cannot be started", errno);
    }
    errors_ = std::move(errors.read_end);
    failure.write_end = Descriptor();
    int error = 0;
    if (read(failure.read_end.number(), &error, sizeof error) > 0) {
      waitpid(process_, nullptr, 0);
      throw IoError(program, "cannot be started", error);
    }
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
