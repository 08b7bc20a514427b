// How many records wait in mode `channel` while its worker does not take any.
#include <doctest/doctest.h>

// ThreadSanitizer runs a signal's handler only when the thread next calls it; a thread that waits does not.
#ifndef __SANITIZE_THREAD__
#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <csignal>
#include <ctime>
#include <filesystem>
#include <set>
#include <string>
#include <thread>

#include "pipeline/mode/mode.hpp"
#include "tests/testing.hpp"

namespace channel_test {

using namespace shardflow;
using namespace std::chrono_literals;

namespace {

constexpr int kRecordsABlock = 10;
constexpr int kBlocks = 20;

std::atomic<bool> stalled{false};
std::atomic<bool> stall_is_over{false};

void stall(int) {
  stalled = true;
  const timespec while_blocks_are_read{0, 200'000'000};
  nanosleep(&while_blocks_are_read, nullptr);
  stall_is_over = true;
}

std::set<pid_t> threads() {
  std::set<pid_t> numbers;
  for (const auto& entry : std::filesystem::directory_iterator("/proc/self/task")) {
    numbers.insert(std::stoi(entry.path().filename()));
  }
  return numbers;
}

// Stalls the thread that the run has started before it gives its first block, and counts those that it is asked for
// until the stall is over.
class StallingSource final : public Source {
 public:
  bool next(Block& block) override {
    if (!stalled) stall_worker();
    if (!stall_is_over) ++blocks_asked_for;
    return text_.next(block);
  }
  const std::string& file_name(std::uint32_t index) const override { return text_.file_name(index); }
  bool may_wait() const override { return false; }

  int blocks_asked_for = 0;

 private:
  static std::string text() {
    std::string text;
    for (int i = 0; i < kBlocks * kRecordsABlock; ++i) text += "key" + std::to_string(100 + i) + "\tx\n";
    return text;
  }

  void stall_worker() const {
    for (const pid_t thread : threads()) {
      if (!before_.contains(thread)) syscall(SYS_tgkill, getpid(), thread, SIGUSR2);
    }
    for (int i = 0; i < 1000 && !stalled; ++i) std::this_thread::sleep_for(1ms);
    REQUIRE(stalled);
  }

  std::set<pid_t> before_ = threads();
  testing::TextSource text_{text()};
};

// The blocks that are asked for while the one worker stalls.
int blocks_beside_a_stalled_worker(std::size_t capacity) {
  stalled = false;
  stall_is_over = false;
  struct sigaction action {};
  action.sa_handler = stall;
  action.sa_flags = SA_RESTART;
  sigaction(SIGUSR2, &action, nullptr);
  StallingSource source;
  Store store(1);
  RunOptions options;
  options.workers = 1;
  options.capacity = capacity;
  options.block_bytes = kRecordsABlock * std::string("key100\tx\n").size();
  CHECK(find_mode("channel")->run(source, store, options).records == kBlocks * kRecordsABlock);
  CHECK(store.size() == kBlocks * kRecordsABlock);
  return source.blocks_asked_for;
}

}  // namespace

TEST_CASE("without a bound, a channel takes all records while its worker stalls: it does not wait at a block's end") {
  CHECK(blocks_beside_a_stalled_worker(0) == kBlocks + 1);
}

TEST_CASE("as many records wait as the capacity says, across blocks, and no more") {
  const int blocks = blocks_beside_a_stalled_worker(25);
  CHECK(blocks >= 3);
  CHECK(blocks <= 4);
}

}  // namespace channel_test
#endif
