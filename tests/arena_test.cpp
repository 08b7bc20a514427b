#include "pipeline/store/arena.hpp"

#include <doctest/doctest.h>

#include <cstring>
#include <set>
#include <string>
#include <vector>

#include "pipeline/errors.hpp"
#include "tests/testing.hpp"

namespace arena_test {

using namespace shardflow;
using testing::Pairs;

namespace {

template <entry::Shape shape>
char* add_as(Arena& arena, const std::string& key, const std::string& value, std::size_t room) {
  const entry::Layout layout = entry::layout<shape>(key.size(), room);
  char* const at = arena.allocate(layout.total_bytes).at;
  char* const bytes = entry::write_header<shape>(at, key.size(), value.size(), layout.value_room);
  std::memcpy(bytes, key.data(), key.size());
  std::memcpy(bytes + key.size(), value.data(), value.size());
  return at;
}

char* add(Arena& arena, const std::string& key, const std::string& value, std::size_t least_room = 0) {
  const std::size_t room = std::max(least_room, value.size());
  const bool is_short = entry::shape(key.size(), room) == entry::Shape::kShort;
  return (is_short ? add_as<entry::Shape::kShort> : add_as<entry::Shape::kLong>)(arena, key, value, room);
}

void append(Pairs& records, const char* at) {
  entry::visit_record(at, [&](std::string_view key, std::string_view value) { records.emplace_back(key, value); });
}

Pairs live(const Arena& arena) {
  Pairs records;
  arena.for_each_live([&](const char* at) { append(records, at); });
  return records;
}

}  // namespace

TEST_CASE("entries of every length around the short header's limit are read back") {
  MemoryBudget budget(UINT64_MAX);
  Arena arena(budget);
  Pairs expected;
  constexpr std::size_t kLimit = entry::kShortMost;
  std::set<entry::Shape> shapes;
  const auto expect = [&](std::size_t key, std::size_t value) {
    expected.emplace_back(std::string(key, 'k'), std::string(value, 'v'));
    add(arena, expected.back().first, expected.back().second);
    shapes.insert(entry::shape(key, value));
  };
  for (const std::size_t both : {kLimit - 3, kLimit - 2, kLimit - 1, kLimit, kLimit + 1, kLimit + 2}) {
    for (const std::size_t key : {std::size_t{1}, std::size_t{2}, both / 2, both - 1, both}) expect(key, both - key);
  }
  CHECK(shapes.size() == 2);
  for (const std::size_t key : {1ul, 255ul, 256ul, 70000ul}) {
    for (const std::size_t value : {0ul, 255ul, 256ul, 70000ul}) expect(key, value);
  }
  CHECK(live(arena) == expected);
}

TEST_CASE("a short value with long room has the long header, and may use all of the room") {
  MemoryBudget budget(UINT64_MAX);
  Arena arena(budget);
  char* const at = add(arena, "key", "v", 1000);
  add(arena, "next", "w");
  const entry::Header header = entry::read(at);
  CHECK(header.value_room == 1000);  // 13 bytes of header, 3 of key
  std::memset(at + header.header_bytes + header.key_bytes, 'x', 1000);
  entry::set_value_bytes(at, 1000);
  CHECK(live(arena) == Pairs{{"key", std::string(1000, 'x')}, {"next", "w"}});
}

TEST_CASE("dead entries, short and long, are passed over") {
  MemoryBudget budget(UINT64_MAX);
  Arena arena(budget);
  char* const shortest = add(arena, "a", "");
  char* const shorter = add(arena, "a", "1", entry::kShortMost - 1);
  add(arena, "b", "2");
  char* const longer = add(arena, std::string(300, 'c'), "3", 5000);
  add(arena, "d", "4");
  REQUIRE(entry::read(shorter).header_bytes == entry::kShortHeaderBytes);
  REQUIRE(entry::read(longer).header_bytes == entry::kLongHeaderBytes);
  entry::kill(shortest);
  entry::kill(shorter);
  entry::kill(longer);
  CHECK(live(arena) == Pairs{{"b", "2"}, {"d", "4"}});
}

TEST_CASE("an arena of many chunks is walked in the order of allocation") {
  MemoryBudget budget(UINT64_MAX);
  Arena arena(budget);
  Pairs expected;
  for (int i = 0; i < 3000; ++i) {
    expected.emplace_back("key" + std::to_string(i), std::string(200, 'v'));
    add(arena, expected.back().first, expected.back().second);
  }
  CHECK(arena.mapped_bytes() > 500'000);
  CHECK(live(arena) == expected);
}

TEST_CASE("runs are whole entries, of so many bytes, and all of them") {
  MemoryBudget budget(UINT64_MAX);
  Arena arena(budget);
  Pairs expected;
  for (int i = 0; i < 3000; ++i) {
    const auto length = static_cast<std::size_t>(i * 7919 % 400);
    expected.emplace_back("key" + std::to_string(i), std::string(length, 'v'));
    add(arena, expected.back().first, expected.back().second);
  }
  for (const std::size_t bytes : {1ul, 1000ul, 1ul << 30}) {
    Pairs records;
    std::size_t shorter = 0;
    arena.for_each_run(bytes, [&](const Arena::Run& run) {
      shorter += static_cast<std::size_t>(run.end - run.begin) < bytes;
      Arena::for_each_live(run, [&](const char* at) { append(records, at); });
    });
    CHECK(records == expected);
    CHECK(shorter <= arena.chunks());
  }
}

TEST_CASE("an entry is found by its place, in chunks of every size") {
  MemoryBudget budget(UINT64_MAX);
  Arena arena(budget);
  std::vector<std::pair<Arena::Place, char*>> entries;
  for (std::size_t bytes = 4; bytes <= std::size_t{16} << 20; bytes *= 2) {
    for (int i = 0; i < 3; ++i) {
      const Arena::Entry entry = arena.allocate(bytes);
      entries.emplace_back(entry.place, entry.at);
    }
  }
  for (const auto& [place, at] : entries) {
    CHECK(place != 0);
    CHECK(arena.at(place) == at);
  }
}

TEST_CASE("long entries among short ones take hardly more than they themselves") {
  MemoryBudget budget(UINT64_MAX);
  Arena arena(budget);
  constexpr std::size_t kLong = std::size_t{9} << 20;  // longer than a chunk; none is touched
  constexpr std::size_t kEntries = 50;
  const char* const first = add(arena, "key", "value");
  for (std::size_t i = 0; i < kEntries; ++i) {
    arena.allocate(kLong);
    add(arena, "key", "value");
  }
  CHECK(arena.mapped_bytes() < kEntries * (kLong + 2 * kHugePageBytes) + (std::size_t{8} << 20));
  CHECK(budget.used_bytes() == arena.mapped_bytes());
  CHECK(entry::key(first, entry::read(first)) == "key");
}

TEST_CASE("where places run out the arena says so, and has what it had") {
  MemoryBudget budget(UINT64_MAX);
  Arena arena(budget);
  const char* const first = add(arena, "key", "value");
  constexpr std::size_t kLong = std::size_t{9} << 20;  // longer than a chunk: each has one of its own; none is touched
  std::size_t entries = 0;
  const auto fill_up = [&] {
    for (;; ++entries) arena.allocate(kLong);
  };
  CHECK_THROWS_AS(fill_up(), ShardFullError);
  CHECK(entries == 2047);
  CHECK(arena.used_bytes() == 12 + entries * kLong);
  CHECK(entry::key(first, entry::read(first)) == "key");
}

TEST_CASE("the first chunk can be drained into others, and its number is used again") {
  MemoryBudget budget(UINT64_MAX);
  Arena arena(budget);
  Pairs expected;
  for (int i = 0; i < 50; ++i) {
    expected.emplace_back("key" + std::to_string(i), std::string(200, 'v'));
    add(arena, expected.back().first, expected.back().second);
  }
  // More often than there are numbers.
  for (int turn = 0; turn < 2100; ++turn) {
    arena.begin_chunk();
    arena.drain_first_chunk([&](Arena::Entry from) {
      CHECK(arena.at(from.place) == from.at);
      const entry::Header header = entry::read(from.at);
      const std::string key(entry::key(from.at, header));
      const std::string value(entry::value(from.at, header));
      add(arena, key, value);
      entry::kill(from.at);
    });
    REQUIRE(arena.chunks() == 1);
  }
  CHECK(live(arena) == expected);
  CHECK(arena.used_bytes() <= 50 * 212);
  CHECK(budget.used_bytes() == arena.mapped_bytes());
}

TEST_CASE("an empty arena has nothing and takes nothing") {
  MemoryBudget budget(UINT64_MAX);
  const Arena arena(budget);
  CHECK(live(arena).empty());
  CHECK(budget.used_bytes() == 0);
}

}  // namespace arena_test
