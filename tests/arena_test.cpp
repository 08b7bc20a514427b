#include "pipeline/store/arena.hpp"

#include <doctest/doctest.h>

#include <cstring>
#include <string>
#include <vector>

#include "tests/testing.hpp"

using namespace shardflow;
using testing::Pairs;

namespace {

char* add(Arena& arena, const std::string& key, const std::string& value, std::size_t room = 0) {
  room = std::max(room, value.size());
  char* const at = arena.allocate(entry::total_bytes(key.size(), room));
  char* const bytes = entry::write_header(at, key.size(), value.size(), room);
  std::memcpy(bytes, key.data(), key.size());
  std::memcpy(bytes + key.size(), value.data(), value.size());
  return at;
}

Pairs live(const Arena& arena) {
  Pairs records;
  arena.for_each_live([&](const char* at) {
    const entry::Header header = entry::read(at);
    records.emplace_back(entry::key(at, header), entry::value(at, header));
  });
  return records;
}

}  // namespace

TEST_CASE("entries of every length around the short header's limit are read back") {
  MemoryBudget budget(UINT64_MAX);
  Arena arena(budget);
  Pairs expected;
  for (const std::size_t key : {1ul, 253ul, 254ul, 255ul, 256ul, 70000ul}) {
    for (const std::size_t value : {0ul, 1ul, 253ul, 254ul, 255ul, 256ul, 70000ul}) {
      expected.emplace_back(std::string(key, 'k'), std::string(value, 'v'));
      add(arena, expected.back().first, expected.back().second);
    }
  }
  CHECK(live(arena) == expected);
}

TEST_CASE("a short value with long room has the long header, and may use all of the room") {
  MemoryBudget budget(UINT64_MAX);
  Arena arena(budget);
  char* const at = add(arena, "key", "v", 1000);
  add(arena, "next", "w");
  const entry::Header header = entry::read(at);
  CHECK(header.value_room == 1000);
  std::memset(at + header.header_bytes + header.key_bytes, 'x', 1000);
  entry::set_value_bytes(at, 1000);
  CHECK(live(arena) == Pairs{{"key", std::string(1000, 'x')}, {"next", "w"}});
}

TEST_CASE("dead entries, short and long, are passed over") {
  MemoryBudget budget(UINT64_MAX);
  Arena arena(budget);
  char* const shorter = add(arena, "a", "1", 254);
  add(arena, "b", "2");
  char* const longer = add(arena, std::string(300, 'c'), "3", 5000);
  add(arena, "d", "4");
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

TEST_CASE("an empty arena has nothing and takes nothing") {
  MemoryBudget budget(UINT64_MAX);
  const Arena arena(budget);
  CHECK(live(arena).empty());
  CHECK(budget.used_bytes() == 0);
}
