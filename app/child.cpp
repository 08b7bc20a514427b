#include "app/child.hpp"

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <nlohmann/json.hpp>
#include <stdexcept>

#include "pipeline/descriptor.hpp"
#include "pipeline/errors.hpp"

namespace shardflow::app {
namespace {

// A running child whose standard error is read from here. Ended and reaped at the latest with this object.
class Child {
 public:
  explicit Child(std::vector<std::string> words) {
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
    const int failed = posix_spawn(&process_, "/proc/self/exe", &files, nullptr, pointers.data(), environ);
    posix_spawn_file_actions_destroy(&files);
    if (failed != 0) throw IoError("/proc/self/exe", "cannot be started", failed);
  }

  ~Child() {
    if (process_ == 0) return;
    kill(process_, SIGKILL);
    waitpid(process_, nullptr, 0);
  }
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;

  // All of its standard error, to its end.
  std::string read_errors(const Interrupt& interrupt) {
    std::string text;
    std::array<char, 65536> buffer;
    for (;;) {
      std::array<pollfd, 2> waits{pollfd{errors_.number(), POLLIN, 0}, pollfd{interrupt.wake_descriptor(), POLLIN, 0}};
      poll(waits.data(), waits.size(), -1);
      if (interrupt.raised()) throw InterruptedError();
      if (waits[0].revents == 0) continue;
      const ssize_t got = read(errors_.number(), buffer.data(), buffer.size());
      if (got <= 0) return text;
      text.append(buffer.data(), static_cast<std::size_t>(got));
    }
  }

  bool succeeded() {
    int status = 0;
    waitpid(process_, &status, 0);
    process_ = 0;
    return WIFEXITED(status) && WEXITSTATUS(status) == 0;
  }

 private:
  Descriptor errors_;
  pid_t process_ = 0;
};

Sample parse_sample(const std::string& text) {
  const auto json = nlohmann::json::parse(text);
  Sample sample{json["ns_per_record"],
                json["wall_s"],
                json["user_s"],
                json["system_s"],
                json["voluntary_switches"],
                json["involuntary_switches"],
                json["peak_resident_bytes"],
                json["records"],
                json["keys"],
                ""};
  if (json["digest"].is_string()) sample.digest = json["digest"];
  return sample;
}

// The first line of a failed child's standard error, without the name that ours will begin with again.
std::string message_of(const std::string& errors) {
  constexpr std::string_view kName = "shardflow: ";
  const std::string line = errors.substr(0, errors.find('\n'));
  return line.starts_with(kName) ? line.substr(kName.size()) : line;
}

}  // namespace

Sample run_load(const std::vector<std::string>& arguments, const Interrupt& interrupt) {
  std::vector<std::string> words{"shardflow", "load", "--stats", "json", "--progress", "never"};
  words.insert(words.end(), arguments.begin(), arguments.end());
  Child child(std::move(words));
  const std::string text = child.read_errors(interrupt);
  if (!child.succeeded()) throw std::runtime_error(message_of(text));
  return parse_sample(text);
}

}  // namespace shardflow::app
