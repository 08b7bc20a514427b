// Whole processes: how they end, what they say, what they use.
#include "app/process.hpp"

#include <doctest/doctest.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <thread>

#include "pipeline/errors.hpp"
#include "tests/folder.hpp"

namespace process_test {

using namespace shardflow;
using namespace shardflow::app;
using namespace std::chrono_literals;

namespace {

ProcessResult sh(const std::string& script, std::chrono::milliseconds timeout = kNoTimeout) {
  const Interrupt never;
  return run_process("/bin/sh", {"sh", "-c", script}, never, timeout);
}

}  // namespace

TEST_CASE("a process's exit code and all of its standard error come back, its standard output does not") {
  const ProcessResult result = sh("echo out; echo one >&2; echo two >&2; exit 7");
  CHECK(result.exit_code == 7);
  CHECK(result.signal == 0);
  CHECK_FALSE(result.timed_out);
  CHECK(result.errors == "one\ntwo\n");
}

TEST_CASE("more standard error than a pipe holds comes back whole") {
  CHECK(sh("head -c 1000000 /dev/zero >&2").errors.size() == 1'000'000);
}

TEST_CASE("a process that a signal ends has no exit code") {
  const ProcessResult result = sh("kill -SEGV $$");
  CHECK(result.exit_code == -1);
  CHECK(result.signal == SIGSEGV);
}

TEST_CASE("a process that takes too long is ended") {
  const ProcessResult result = sh("echo begun >&2; exec sleep 60", 200ms);
  CHECK(result.timed_out);
  CHECK(result.signal == SIGKILL);
  CHECK(result.errors == "begun\n");
  CHECK(result.usage.wall_s >= 0.2);
  CHECK(result.usage.wall_s < 10);
}

TEST_CASE("a process that closes its standard error is waited for, and not longer than the time allows") {
  CHECK(sh("exec 2>&-; exit 3").exit_code == 3);
  CHECK(sh("exec 2>&-; exec sleep 60", 200ms).timed_out);
}

TEST_CASE("a child that outlives the process and holds its standard error is not waited for") {
  const ProcessResult result = sh("sleep 5 & echo done >&2");
  CHECK(result.exit_code == 0);
  CHECK(result.errors == "done\n");
  CHECK(result.usage.wall_s < 4);
}

TEST_CASE("what a process used is measured: wall time while it sleeps, CPU time while it works") {
  const ProcessResult asleep = sh("exec sleep 0.3");
  CHECK(asleep.usage.wall_s >= 0.3);
  CHECK(asleep.usage.user_s + asleep.usage.system_s < 0.2);
  const ProcessResult busy = sh("i=0; while [ $i -lt 100000 ]; do i=$((i + 1)); done");
  CHECK(busy.usage.user_s + busy.usage.system_s > 0.005);
}

TEST_CASE("a program that is not there is an IoError with its name") {
  const Interrupt never;
  CHECK_THROWS_WITH_AS(run_process("/no/such/program", {"x"}, never),
                       "/no/such/program: cannot be started: No such file or directory", IoError);
}

TEST_CASE("an interrupt ends the process at once") {
  Interrupt interrupt;
  std::thread raise([&] {
    std::this_thread::sleep_for(100ms);
    interrupt.raise();
  });
  const auto start = std::chrono::steady_clock::now();
  CHECK_THROWS_AS(run_process("/bin/sh", {"sh", "-c", "exec sleep 60"}, interrupt), InterruptedError);
  CHECK(std::chrono::steady_clock::now() - start < 10s);
  raise.join();
}

TEST_CASE("our variables are our options, and no run's; the others it has") {
  setenv("SHARDFLOW_OUTPUT", "mine", 1);
  setenv("OTHER", "yours", 1);
  CHECK(sh("echo \"[$SHARDFLOW_OUTPUT] [$OTHER]\" >&2").errors == "[] [yours]\n");
  unsetenv("SHARDFLOW_OUTPUT");
  unsetenv("OTHER");
}

TEST_CASE("a process that is killed takes the one that it runs with it") {
  const testing::Folder folder;
  const std::string pid_file = folder.path("pid");
  prctl(PR_SET_CHILD_SUBREAPER, 1);  // the orphan is ours then
  const pid_t middle = fork();
  if (middle == 0) {
    sh("echo $$ > " + pid_file + ".new; mv " + pid_file + ".new " + pid_file + "; exec sleep 60");
    _exit(0);
  }
  for (int i = 0; i < 1000 && folder.names() != std::vector<std::string>{"pid"}; ++i) std::this_thread::sleep_for(10ms);
  const pid_t orphan = std::stoi(folder.read("pid"));
  kill(middle, SIGKILL);
  waitpid(middle, nullptr, 0);
  int status = 0;
  pid_t ended = 0;
  for (int i = 0; i < 500 && ended != orphan; ++i) {
    ended = waitpid(orphan, &status, WNOHANG);
    std::this_thread::sleep_for(10ms);
  }
  prctl(PR_SET_CHILD_SUBREAPER, 0);
  REQUIRE(ended == orphan);
  CHECK(WIFSIGNALED(status));
  CHECK(WTERMSIG(status) == SIGKILL);
}

}  // namespace process_test
