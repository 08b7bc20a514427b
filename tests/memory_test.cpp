// Pages, blocks, batches: the memory that records travel in.
#include <doctest/doctest.h>

#include <algorithm>
#include <atomic>
#include <cstring>
#include <optional>
#include <string>
#include <thread>
#include <tuple>
#include <utility>

#include "pipeline/errors.hpp"
#include "pipeline/mode/held_batches.hpp"
#include "pipeline/pages.hpp"
#include "tests/testing.hpp"

namespace memory_test {

using namespace shardflow;

namespace {

constexpr std::size_t kPageBytes = 4096;

bool is_resident(const char* at) {
  const std::optional<bool> resident = testing::resident_at(at);
  REQUIRE(resident);
  return *resident;
}

}  // namespace

TEST_CASE("pages are zero, writable to the end, and aligned for huge pages from 2 MiB up") {
  MemoryBudget budget(UINT64_MAX);
  for (const std::size_t bytes : {std::size_t{1}, std::size_t{5000}, kHugePageBytes, kHugePageBytes + 1}) {
    Pages pages(bytes, budget);
    REQUIRE(pages.size() >= bytes);
    CHECK(std::all_of(pages.data(), pages.data() + pages.size(), [](char c) { return c == 0; }));
    std::memset(pages.data(), 1, pages.size());
    if (bytes >= kHugePageBytes) CHECK(reinterpret_cast<std::uintptr_t>(pages.data()) % kHugePageBytes == 0);
    pages.populate();
    CHECK(pages.data()[pages.size() - 1] == 1);
  }
}

TEST_CASE("the budget is taken by a mapping and given back with it") {
  MemoryBudget budget(UINT64_MAX);
  {
    Pages first(10'000, budget);
    CHECK(budget.used_bytes() == first.size());
    Pages second = std::move(first);
    CHECK(budget.used_bytes() == second.size());
    second = Pages(kHugePageBytes, budget);
    CHECK(budget.used_bytes() == kHugePageBytes);
  }
  CHECK(budget.used_bytes() == 0);
}

TEST_CASE("pages that shrink keep what they have, and give back the rest") {
  MemoryBudget budget(UINT64_MAX);
  for (const auto& [bytes, kept, left] : {std::tuple{5 * kPageBytes, kPageBytes + 1, 2 * kPageBytes},
                                          std::tuple{5 * kPageBytes, 5 * kPageBytes - 1, 5 * kPageBytes},
                                          std::tuple{3 * kHugePageBytes, kPageBytes, kHugePageBytes},
                                          std::tuple{3 * kHugePageBytes, 3 * kHugePageBytes, 3 * kHugePageBytes}}) {
    Pages pages(bytes, budget);
    std::memset(pages.data(), 1, bytes);
    pages.shrink(kept);
    CHECK(pages.size() == left);
    CHECK(budget.used_bytes() == left);
    CHECK(std::all_of(pages.data(), pages.data() + left, [](char c) { return c == 1; }));
    const Pages others(bytes - left + kPageBytes, budget);
    CHECK(std::all_of(others.data(), others.data() + others.size(), [](char c) { return c == 0; }));
    CHECK((others.data() + others.size() <= pages.data() || others.data() >= pages.data() + left));
  }
  CHECK(budget.used_bytes() == 0);
}

TEST_CASE("a batch is of its first size again once a long record was through it") {
  MemoryBudget budget(UINT64_MAX);
  constexpr std::size_t kLong = std::size_t{16} << 20;
  Batch batch(kPageBytes, 2, budget);
  const std::uint64_t before = budget.used_bytes();
  batch.block.grow(kLong);
  const testing::Padded value(std::string(kLong, 'v'));
  for (BatchPart& part : batch.parts) part.entries.push(1, testing::Padded("key").view(), value.view());
  CHECK(budget.used_bytes() > 3 * kLong);
  batch.reset();
  CHECK(budget.used_bytes() <= before + 2 * kPageBytes);
  CHECK(batch.parts.front().entries.size() == 0);
}

TEST_CASE("beyond the limit nothing is taken, and the message has both figures") {
  MemoryBudget budget(std::uint64_t{3} << 20);
  const Pages held(std::size_t{2} << 20, budget);
  try {
    const Pages refused(std::size_t{2} << 20, budget);
    FAIL("it was not refused");
  } catch (const MemoryLimitError& error) {
    CHECK(std::string(error.what()).find("needs 4 MiB, the limit is 3 MiB") != std::string::npos);
  }
  CHECK(budget.used_bytes() == held.size());
}

TEST_CASE("the figures of what memory runs out of are rounded up, below a KiB to bytes") {
  const auto says = [](std::uint64_t limit_bytes, const std::string& figure) {
    const std::string message = MemoryLimitError(1 << 20, limit_bytes).what();
    CHECK_MESSAGE(message.find("the limit is " + figure + ";") != std::string::npos, message);
  };
  says(1, "1 byte");
  says(1023, "1023 bytes");
  says(1024, "1 KiB");
  says(1025, "2 KiB");
  says(std::uint64_t{16} << 20, "16 MiB");
}

TEST_CASE("what is refused to one thread is not refused to another on its account") {
  MemoryBudget budget(1'000'000);
  std::atomic<bool> begun{false};
  const std::jthread refused([&](const std::stop_token& over) {
    for (; !over.stop_requested(); begun = true) CHECK_THROWS_AS(budget.take(2'000'000), MemoryLimitError);
  });
  while (!begun) std::this_thread::yield();
  for (int i = 0; i < 100'000; ++i) {
    budget.take(1'000'000);
    budget.give_back(1'000'000);
  }
}

TEST_CASE("a block keeps its bytes when it grows, and its first size when it is used again") {
  MemoryBudget budget(UINT64_MAX);
  Block block(100, budget);
  std::memset(block.data(), 'x', 100);
  block.grow(5'000'000);
  CHECK(block.capacity() == 5'000'000);
  CHECK(std::string(block.data(), 100) == std::string(100, 'x'));
  block.reset();
  CHECK(block.capacity() == 100);
  CHECK(block.text().empty());
  CHECK(budget.used_bytes() < 10'000);
}

TEST_CASE("a block that is made larger or smaller is so when it is used again, too, and keeps no more memory") {
  MemoryBudget budget(UINT64_MAX);
  Block block(100, budget);
  const std::uint64_t small = budget.used_bytes();
  block.resize(50'000);
  CHECK(block.capacity() == 50'000);
  std::memset(block.data(), 'x', 50'000 + kBlockSlackBytes);
  block.reset();
  CHECK(block.capacity() == 50'000);
  block.resize(100);
  CHECK(block.capacity() == 100);
  CHECK(!block.grown());
  CHECK(budget.used_bytes() == small);
  block.grow(60'000);
  CHECK(block.grown());
  block.reset();
  CHECK(block.capacity() == 100);
}

TEST_CASE(
    "a double block takes twice the text, a wide one 7 times, a widest 14 times, but no more than huge pages hold, "
    "unless a usual one is") {
  constexpr std::size_t kUsual = std::size_t{256} << 10;
  struct Case {
    std::size_t usual, twice, wide, widest;
  };
  for (const Case& bytes :
       {Case{100, 200, 700, 1400}, Case{kUsual, 2 * kUsual, 7 * kUsual, 14 * kUsual},
        Case{4 * kUsual, 4 * kUsual, 7 * kUsual, 14 * kUsual}, Case{10 * kUsual, 10 * kUsual, 10 * kUsual, 14 * kUsual},
        Case{16 * kUsual, 16 * kUsual, 16 * kUsual, 16 * kUsual}}) {
    MemoryBudget budget(std::size_t{4} << 30);
    Batch batch(bytes.usual, 1, budget);
    for (const auto& [width, expected] : {std::pair{BlockWidth::kWidest, bytes.widest},
                                          {BlockWidth::kWide, bytes.wide},
                                          {BlockWidth::kDouble, bytes.twice},
                                          {BlockWidth::kUsual, bytes.usual}}) {
      batch.set_width(width, 8);
      CHECK(batch.width == width);
      CHECK(batch.block.capacity() == expected);
    }
  }
}

TEST_CASE("batches are made no wider than leaves three quarters of the memory to others if all of them are") {
  using enum BlockWidth;
  for (const auto& [batches, widest, wide, twice] : {std::tuple{std::size_t{4}, kWidest, kWide, kDouble},
                                                     {std::size_t{8}, kWide, kWide, kDouble},
                                                     {std::size_t{10}, kUsual, kUsual, kDouble},
                                                     {std::size_t{40}, kUsual, kUsual, kUsual}}) {
    MemoryBudget budget(std::size_t{256} << 20);
    Batch batch(std::size_t{256} << 10, 1, budget);
    batch.set_width(kWidest, batches);
    CHECK(batch.width == widest);
    CHECK(batch.narrowed == (widest != kWidest));
    batch.set_width(kWide, batches);
    CHECK(batch.width == wide);
    batch.set_width(kDouble, batches);
    CHECK(batch.width == twice);
    CHECK(batch.narrowed == (twice != kDouble));
  }
}

TEST_CASE("a batch whose width changes gives back the room for entries") {
  MemoryBudget budget(UINT64_MAX);
  Batch batch(100, 1, budget);
  const std::uint64_t before = budget.used_bytes();
  const testing::Padded value(std::string(1 << 20, 'v'));
  batch.parts.front().entries.push(1, testing::Padded("key").view(), value.view());
  batch.reset();
  batch.set_width(BlockWidth::kUsual, 1);
  CHECK(budget.used_bytes() > before + (1 << 20));
  batch.set_width(BlockWidth::kWide, 1);
  CHECK(budget.used_bytes() < before + 2 * kPageBytes);
}

TEST_CASE("a batch's block is faulted in when it is first given, unless it is so large that it may not be needed") {
  MemoryBudget budget(UINT64_MAX);
  for (const auto& [bytes, resident] : {std::pair{std::size_t{256} << 10, true}, {std::size_t{64} << 20, false}}) {
    BatchPool pool(1, bytes, 1, budget);
    const char* const data = pool.acquire().block.data();
    CHECK(is_resident(data) == resident);
    CHECK(is_resident(data + bytes - kPageBytes) == resident);
  }
}

TEST_CASE("a list of records grows, and keeps its memory when cleared") {
  MemoryBudget budget(UINT64_MAX);
  PagedList<RecordRef> list(budget);
  for (std::uint32_t i = 0; i < 1000; ++i) list.push({i, i, 1, 2, 3});
  REQUIRE(list.size() == 1000);
  for (std::uint32_t i = 0; i < 1000; ++i) CHECK(list.items()[i].hash == i);
  const auto* const memory = list.items().data();
  list.clear();
  list.push({7, 0, 0, 0, 0});
  CHECK(list.size() == 1);
  CHECK(list.items().data() == memory);
  CHECK(budget.used_bytes() >= 1000 * sizeof(RecordRef));
}

TEST_CASE("the pool gives each batch once, and gives a released one again, empty") {
  MemoryBudget budget(UINT64_MAX);
  BatchPool pool(2, 100, 3, budget);
  Batch& first = pool.acquire();
  Batch& second = pool.acquire();
  CHECK(&first != &second);
  first.parts[1].references.push({});
  first.parts[2].entries.push(0, testing::Padded("key").view(), testing::Padded("value").view());
  first.records = 1;
  pool.release(first);
  Batch& again = pool.acquire();
  CHECK(&again == &first);
  CHECK(again.routed == 0);
  CHECK(again.records == 0);
  CHECK(again.parts[1].references.size() == 0);
  CHECK(again.parts[2].entries.size() == 0);
}

TEST_CASE("whoever writes the last record of a held batch takes no memory; it is reset when it is used again") {
  MemoryBudget budget(UINT64_MAX);
  HeldBatches batches(100, budget);
  HeldBatch& batch = batches.acquire();
  batch.block.grow(5'000'000);
  batch.records = 1;
  batches.let_go(batch);
  const std::uint64_t used = budget.used_bytes();
  batch.written();
  CHECK(budget.used_bytes() + 5'000'000 < used);  // what a long record took is not kept for the next one
  const std::uint64_t rest = UINT64_MAX - budget.used_bytes();
  budget.take(rest);
  CHECK_THROWS_AS(batches.acquire(), MemoryLimitError);
  budget.give_back(rest);
  HeldBatch& again = batches.acquire();
  CHECK(&again == &batch);
  CHECK(again.records == 0);
  CHECK(again.block.capacity() == 100);
  CHECK(&batches.acquire() != &again);
}

}  // namespace memory_test
