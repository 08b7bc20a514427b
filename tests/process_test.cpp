// Whole processes: how they end, what they say, what they use.
#include "app/process.hpp"

#include <doctest/doctest.h>

#include <csignal>
#include <thread>

#include "pipeline/errors.hpp"

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
