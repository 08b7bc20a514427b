#include "tests/cli_process.hpp"

#include <fcntl.h>
#include <pthread.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <cstdint>
#include <cstdlib>
#include <fstream>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>

namespace testing {

using namespace std::chrono_literals;
namespace {

struct Pipe {
  Pipe() {
    std::array<int, 2> ends{};
    if (pipe2(ends.data(), O_CLOEXEC) != 0) throw std::runtime_error("pipe2 failed");
    read_end = ends[0];
    write_end = ends[1];
  }
  int read_end = -1;
  int write_end = -1;
};

std::string read_all(int descriptor) {
  std::string text;
  std::array<char, 65536> buffer;
  for (ssize_t got; (got = read(descriptor, buffer.data(), buffer.size())) > 0;) {
    text.append(buffer.data(), static_cast<std::size_t>(got));
  }
  close(descriptor);
  return text;
}

// On a thread of its own: a program that ends before it has read all must not end the tests by SIGPIPE.
void write_all(int descriptor, const std::string& text) {
  sigset_t pipe;
  sigemptyset(&pipe);
  sigaddset(&pipe, SIGPIPE);
  pthread_sigmask(SIG_BLOCK, &pipe, nullptr);
  std::size_t done = 0;
  while (done < text.size()) {
    const ssize_t written = write(descriptor, text.data() + done, text.size() - done);
    if (written <= 0) break;  // the program did not read to the end
    done += static_cast<std::size_t>(written);
  }
  close(descriptor);
}

// Not to be thrown out of: the child would go on with the tests, and start children of its own.
[[noreturn]] void become(const Invocation& invocation, const Pipe& in, const Pipe& out, const Pipe& error) noexcept {
  dup2(in.read_end, STDIN_FILENO);
  dup2(out.write_end, STDOUT_FILENO);
  dup2(error.write_end, STDERR_FILENO);
  if (!invocation.output_file.empty()) dup2(open(invocation.output_file.c_str(), O_WRONLY), STDOUT_FILENO);
  for (const auto& [name, value] : invocation.environment) setenv(name.c_str(), value.c_str(), 1);
  // As from a terminal, also where the tests run under nohup or in the background of a script.
  for (const int ended_by : {SIGINT, SIGTERM, SIGHUP}) std::signal(ended_by, SIG_DFL);
  if (invocation.in_child) invocation.in_child();
  std::string program = invocation.program.empty() ? binary() : invocation.program;
  std::vector<std::string> words = invocation.arguments;
  std::vector<char*> pointers{program.data()};
  for (std::string& word : words) pointers.push_back(word.data());
  pointers.push_back(nullptr);
  execv(program.c_str(), pointers.data());
  _exit(127);
}

struct Child {
  explicit Child(const Invocation& invocation) : process(fork()) {
    if (process == 0) become(invocation, in, out, error);
    for (const int end : {in.read_end, out.write_end, error.write_end}) close(end);
  }

  Outcome finish() {
    Outcome outcome;
    std::thread errors([&] { outcome.error = read_all(error.read_end); });
    outcome.out = read_all(out.read_end);
    errors.join();
    int status = 0;
    waitpid(process, &status, 0);
    outcome.exit_code = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
    return outcome;
  }

  Pipe in;
  Pipe out;
  Pipe error;
  pid_t process;
};

}  // namespace

std::string binary() {
  const char* const path = std::getenv("SHARDFLOW_BINARY");
  if (path == nullptr) throw std::runtime_error("SHARDFLOW_BINARY is not set");
  return path;
}

Outcome run(const Invocation& invocation) {
  Child child(invocation);
  std::thread writer([&] { write_all(child.in.write_end, invocation.input); });
  Outcome outcome = child.finish();
  writer.join();
  return outcome;
}

Outcome run(std::vector<std::string> arguments, std::string input) {
  return run(Invocation{std::move(arguments), std::move(input), {}, {}, {}});
}

namespace {

// Whether the process has `signal` held back, to wait for it: until then it would just end. Not if it holds back all,
// as ThreadSanitizer does for moments, before the program begins, too.
bool holds_back(pid_t process, int signal) {
  std::ifstream status("/proc/" + std::to_string(process) + "/status");
  for (std::string line; std::getline(status, line);) {
    if (!line.starts_with("SigBlk:")) continue;
    const std::uint64_t blocked = std::stoull(line.substr(7), nullptr, 16);
    const auto has = [&](int each) { return (blocked >> (each - 1) & 1) != 0; };
    return has(signal) && !has(SIGUSR2);
  }
  return false;
}

Invocation plain(std::vector<std::string> arguments) { return {std::move(arguments), {}, {}, {}, {}}; }

}  // namespace

Ended run_until_signal(const Invocation& invocation, int signal, const std::function<bool(pid_t)>& ready) {
  Child child(invocation);
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(30);
  while (!ready(child.process) && std::chrono::steady_clock::now() < deadline) std::this_thread::sleep_for(5ms);
  const auto sent = std::chrono::steady_clock::now();
  kill(child.process, signal);
  Outcome outcome = child.finish();
  const auto took = std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - sent);
  close(child.in.write_end);
  return {std::move(outcome), took};
}

Ended run_until_signal(std::vector<std::string> arguments, int signal, std::chrono::milliseconds delay, int earlier) {
  return run_until_signal(plain(std::move(arguments)), signal, [&](pid_t process) {
    if (!holds_back(process, signal)) return false;
    if (earlier != 0) kill(process, earlier);
    std::this_thread::sleep_for(delay);
    return true;
  });
}

Ended run_until_signal(std::vector<std::string> arguments, int signal, const std::function<bool()>& ready) {
  return run_until_signal(plain(std::move(arguments)), signal, [&](pid_t) { return ready(); });
}

}  // namespace testing
