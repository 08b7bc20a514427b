// How long records take, and the sources that measure it.
#include <doctest/doctest.h>
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <string>
#include <thread>

#include "pipeline/clock.hpp"
#include "pipeline/errors.hpp"
#include "pipeline/input/file_source.hpp"
#include "pipeline/input/paced_source.hpp"
#include "pipeline/input/stamped_source.hpp"
#include "pipeline/mode/mode.hpp"
#include "tests/testing.hpp"

namespace latency_test {

using namespace shardflow;
using namespace std::chrono_literals;

namespace {

constexpr std::int64_t kMillisecond = 1'000'000;

std::string lines(int count) {
  std::string text;
  for (int i = 0; i < count; ++i) text += "key" + std::to_string(i % 100) + "\tvalue\n";
  return text;
}

Histogram latency_of(const Mode& mode, Source& source) {
  Store store(4);
  RunOptions options;
  options.threads = 2;
  options.block_bytes = 4096;
  options.latency = true;
  return mode.run(source, store, options).latency;
}

struct LivePipe {
  std::int64_t longest_ns = 0;  // from sending a record until it could be found
  Histogram latency;
};

// Sends so many records, each once the one before was found; at the first that is not within 5 s, no more.
LivePipe through_live_pipe(std::uint64_t records) {
  std::array<int, 2> ends{};
  REQUIRE(pipe2(ends.data(), O_CLOEXEC) == 0);
  FileSource pipe(Descriptor{ends[0]}, "pipe", 1 << 20, nullptr);
  StampedSource source(pipe);
  Store store(4);
  Progress progress;
  RunOptions options;
  options.threads = 2;
  options.latency = true;
  options.progress = &progress;
  LivePipe result;
  std::thread run([&] { result.latency = modes().front().run(source, store, options).latency; });
  for (std::uint64_t sent = 1; sent <= records && result.longest_ns < 5'000 * kMillisecond; ++sent) {
    const std::int64_t start_ns = steady_ns();
    REQUIRE(write(ends[1], "key\tvalue\n", 10) == 10);
    while (progress.records < sent && steady_ns() - start_ns < 5'000 * kMillisecond) std::this_thread::yield();
    result.longest_ns = std::max(result.longest_ns, steady_ns() - start_ns);
  }
  close(ends[1]);
  run.join();
  return result;
}

}  // namespace

TEST_CASE("every mode measures each record once, repeats included") {
  for (const Mode& mode : modes()) {
    testing::TextSource text(lines(3000));
    StampedSource source(text);
    const std::int64_t start_ns = steady_ns();
    const Histogram latency = latency_of(mode, source);
    CHECK_MESSAGE(latency.count() == 3000, mode.name);
    CHECK(latency.max_ns() > 0);
    CHECK(latency.max_ns() <= static_cast<std::uint64_t>(steady_ns() - start_ns));
  }
}

TEST_CASE("nothing is measured unless asked") {
  testing::TextSource source(lines(10));
  Store store(4);
  CHECK(modes().front().run(source, store, RunOptions()).latency.count() == 0);
}

TEST_CASE("at a rate, every mode counts from when a record was due") {
  for (const Mode& mode : modes()) {
    MemoryBudget budget(UINT64_MAX);
    testing::TextSource text(lines(200));
    PacedSource source(text, 20'000, 4096, budget, nullptr);
    const std::int64_t start_ns = steady_ns();
    const Histogram latency = latency_of(mode, source);
    const auto took_ns = static_cast<std::uint64_t>(steady_ns() - start_ns);
    CHECK_MESSAGE(latency.count() == 200, mode.name);
    CHECK(took_ns >= 199 * 50'000);  // the last one is due then
    CHECK(latency.max_ns() < took_ns);
  }
}

TEST_CASE("a paced source gives all records, none before it is due") {
  const std::string text = lines(50);
  testing::TextSource whole(text);
  MemoryBudget budget(UINT64_MAX);
  PacedSource source(whole, 1000, 64, budget, nullptr);
  Block block(64, budget);
  std::string given;
  std::uint64_t records = 0;
  const std::int64_t start_ns = steady_ns();
  for (; source.next(block); block.reset()) {
    const std::int64_t now_ns = steady_ns();
    CHECK(block.file_offset == given.size());
    given += block.text();
    CHECK(block.arrival.interval_ns == 1e6);
    CHECK(block.arrival.first_ns - start_ns >= static_cast<std::int64_t>(records) * kMillisecond);
    records += static_cast<std::uint64_t>(std::ranges::count(block.text(), '\n'));
    CHECK(block.arrival.of_record(records - 1) <= now_ns + static_cast<std::int64_t>(records) * kMillisecond);
    CHECK(now_ns - start_ns >= static_cast<std::int64_t>(records - 1) * kMillisecond);
  }
  CHECK(given == text);
  CHECK(records == 50);
}

TEST_CASE("who falls behind a paced source sees in the arrivals since when") {
  testing::TextSource whole(lines(100));
  MemoryBudget budget(UINT64_MAX);
  PacedSource source(whole, 1000, 4096, budget, nullptr);
  Block block(4096, budget);
  REQUIRE(source.next(block));
  const std::int64_t first_ns = block.arrival.first_ns;
  std::this_thread::sleep_for(30ms);
  const std::uint64_t taken = static_cast<std::uint64_t>(std::ranges::count(block.text(), '\n'));
  block.reset();
  REQUIRE(source.next(block));
  CHECK(block.arrival.first_ns - first_ns == static_cast<std::int64_t>(taken) * kMillisecond);
  CHECK(std::ranges::count(block.text(), '\n') >= 29);
}

TEST_CASE("a record longer than a paced source's block comes through whole") {
  const std::string text = "key\t" + std::string(5000, 'v') + "\nb\tc";
  testing::TextSource whole(text);
  MemoryBudget budget(UINT64_MAX);
  PacedSource source(whole, 1e6, 64, budget, nullptr);
  std::string given;
  for (Block block(64, budget); source.next(block); block.reset()) given += block.text();
  CHECK(given == text);
}

TEST_CASE("a record in a pipe that stays open is in its shard soon: nothing waits until its block is full") {
  // Some hundred microseconds, where nobody else wants the cores; else it may take another try.
  LivePipe pipe = through_live_pipe(20);
  for (int tries = 1; tries < 5 && pipe.longest_ns >= 500 * kMillisecond; ++tries) pipe = through_live_pipe(20);
  CHECK(pipe.longest_ns < 500 * kMillisecond);
  CHECK(pipe.latency.count() == 20);
  CHECK(pipe.latency.max_ns() < 500 * kMillisecond);
}

TEST_CASE("an interrupt ends the wait for a record that is not due") {
  testing::TextSource whole(lines(2));
  MemoryBudget budget(UINT64_MAX);
  Interrupt interrupt;
  PacedSource source(whole, 0.001, 4096, budget, &interrupt);
  Block block(4096, budget);
  REQUIRE(source.next(block));
  block.reset();
  const std::jthread raiser([&] {
    std::this_thread::sleep_for(20ms);
    interrupt.raise();
  });
  CHECK_THROWS_AS(source.next(block), InterruptedError);
}

}  // namespace latency_test
