#include "pipeline/store/entry_list.hpp"

#include <doctest/doctest.h>

#include <string>

#include "pipeline/errors.hpp"
#include "tests/testing.hpp"

namespace entry_list_test {

using namespace shardflow;
using testing::Padded;
using testing::Pairs;

namespace {

void push(EntryList& list, std::uint32_t hash, const std::string& key, const std::string& value) {
  list.push(hash, Padded(key).view(), Padded(value).view());
}

Pairs records_of(const EntryList& list) {
  Pairs records;
  for (std::size_t i = 0; i < list.size(); ++i) {
    entry::visit_record(list.data() + list.offset(i),
                        [&](std::string_view key, std::string_view value) { records.emplace_back(key, value); });
  }
  return records;
}

}  // namespace

TEST_CASE("entries are read as they were pushed, short and long, with nothing between them") {
  MemoryBudget budget(UINT64_MAX);
  EntryList list(budget);
  Pairs expected;
  std::uint64_t key_bytes = 0;
  std::uint64_t value_bytes = 0;
  for (std::size_t i = 0; i < 3000; ++i) {
    const std::string key = std::to_string(i) + std::string(i % 40, 'k');
    const std::string value(i % 100 == 7 ? i : i % 20, 'v');
    push(list, static_cast<std::uint32_t>(i), key, value);
    expected.emplace_back(key, value);
    key_bytes += key.size();
    value_bytes += value.size();
  }
  CHECK(records_of(list) == expected);
  CHECK(list.key_bytes() == key_bytes);
  CHECK(list.value_bytes() == value_bytes);
  for (std::size_t i = 0; i < list.size(); ++i) {
    REQUIRE(list.slots()[i].hash == i);
    REQUIRE(list.offset(i) + entry::extent(list.data() + list.offset(i)).bytes == list.offset(i + 1));
  }
  CHECK(list.offset(list.size()) == list.bytes());
}

TEST_CASE("how many entries end within so many bytes") {
  MemoryBudget budget(UINT64_MAX);
  EntryList list(budget);
  CHECK(list.entries_within(0) == 0);
  for (const std::size_t bytes : {1ul, 5ul, 300ul, 0ul, 9ul}) push(list, 0, "key", std::string(bytes, 'v'));
  for (std::size_t bytes = 0; bytes <= list.bytes() + 1; ++bytes) {
    std::size_t within = 0;
    while (within < list.size() && list.offset(within + 1) <= bytes) ++within;
    CHECK(list.entries_within(bytes) == within);
  }
}

TEST_CASE("a list that was cleared is empty and keeps its memory, which the budget counts") {
  MemoryBudget budget(UINT64_MAX);
  EntryList list(budget);
  for (int i = 0; i < 1000; ++i) push(list, 0, "key", "value");
  const std::uint64_t taken = budget.used_bytes();
  CHECK(taken >= list.bytes() + 1000 * sizeof(Slot));
  list.clear();
  CHECK(list.size() == 0);
  CHECK(list.bytes() == 0);
  CHECK(list.key_bytes() == 0);
  for (int i = 0; i < 1000; ++i) push(list, 1, "KEY", "other");
  CHECK(budget.used_bytes() == taken);
  CHECK(records_of(list) == Pairs(1000, {"KEY", "other"}));
}

TEST_CASE("an entry for which there is no memory leaves those before it") {
  MemoryBudget budget(std::uint64_t{256} << 10);
  EntryList list(budget);
  std::size_t pushed = 0;
  CHECK_THROWS_AS(
      [&] {
        for (; pushed < 100'000; ++pushed) push(list, 0, "key", "value");
      }(),
      MemoryLimitError);
  CHECK(list.size() == pushed);
  CHECK(records_of(list) == Pairs(pushed, {"key", "value"}));
}

}  // namespace entry_list_test
