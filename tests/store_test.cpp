#include "pipeline/store/store.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <atomic>
#include <thread>

#include "pipeline/mode/mode.hpp"
#include "pipeline/store/padded_key.hpp"
#include "tests/testing.hpp"

namespace store_test {

using namespace shardflow;
using testing::Pairs;

namespace {

void load(Store& store, const std::string& text) {
  testing::TextSource source(text);
  find_mode("serial")->run(source, store, {});
}

std::string digest(const Pairs& records, std::uint32_t shards = 3) {
  Store store(shards);
  load(store, testing::to_tsv(records));
  return store.digest().hex();
}

}  // namespace

TEST_CASE("an empty store has no keys, nothing to find, and a digest") {
  const Store store(4);
  CHECK(store.size() == 0);
  CHECK_FALSE(store.find("key"));
  CHECK(store.digest().hex() == std::string(32, '0'));
}

TEST_CASE("keys of any length and bytes are found") {
  Pairs records;
  for (const std::size_t length : {1ul, 3ul, 4ul, 15ul, 16ul, 17ul, 47ul, 48ul, 49ul, 64ul, 1000ul}) {
    records.emplace_back(std::string(length, '\0') + "\xff", std::to_string(length));
  }
  Store store(5);
  load(store, testing::to_tsv(records));
  for (const auto& [key, value] : records) CHECK(store.find(key) == value);
  CHECK_FALSE(store.find(std::string(16, '\0')));
  CHECK(store.size() == records.size());
}

TEST_CASE("a digest tells maps apart and does not see shards, order or repeats") {
  CHECK(digest({{"a", "1"}, {"b", "2"}}, 1) == digest({{"b", "0"}, {"a", "1"}, {"b", "2"}}, 9));
  CHECK(digest({{"a", "1"}}) != digest({{"a", "2"}}));
  CHECK(digest({{"ab", "c"}}) != digest({{"a", "bc"}}));
  CHECK(digest({{"a", "b"}}) != digest({{"b", "a"}}));
  CHECK(digest({{"a", "1"}, {"b", "2"}}) != digest({{"a", "2"}, {"b", "1"}}));
}

TEST_CASE("a digest is the same in every run, on every machine") {
  CHECK(digest({{"a", "1"}, {"b", "2"}}) == "bc55cedc915c3563ab07c39b8dee2be0");
}

TEST_CASE("a sum of digests carries from the low half into the high") {
  Digest sum{0, UINT64_MAX};
  sum += Digest{1, 1};
  CHECK(sum == Digest{2, 0});
  Digest twice{0, 5};
  twice += Digest{0, 5};
  CHECK(twice == Digest{0, 10});  // an XOR would have cancelled
}

TEST_CASE("memory is told by what it holds") {
  Store store(2);
  load(store, "key\tvalue\nother\tv\n");
  const StoreMemory memory = store.memory();
  CHECK(memory.key_bytes == 8);
  CHECK(memory.value_bytes == 6);
  CHECK(memory.table_bytes > 0);
  CHECK(memory.overhead_bytes() == memory.table_bytes + memory.arena_bytes - 14);
  CHECK(store.budget().used_bytes() == memory.table_bytes + memory.arena_bytes);
}

TEST_CASE("after the run any number of threads may read") {
  Pairs records;
  for (int i = 0; i < 2000; ++i) records.emplace_back("key" + std::to_string(i), std::to_string(i));
  Store store(4);
  load(store, testing::to_tsv(records));
  std::atomic<int> wrong{0};
  std::vector<std::jthread> readers;
  for (int reader = 0; reader < 4; ++reader) {
    readers.emplace_back([&] {
      for (const auto& [key, value] : records) wrong += store.find(key) == value ? 0 : 1;
    });
  }
  readers.clear();
  CHECK(wrong == 0);
}

}  // namespace store_test
