// One shard, and what plans its growth.
#include "pipeline/store/shard.hpp"

#include <doctest/doctest.h>

#include <array>
#include <set>
#include <string>

#include "pipeline/errors.hpp"
#include "pipeline/store/growth.hpp"
#include "tests/shard_bench.hpp"
#include "tests/testing.hpp"

namespace shard_test {

using namespace shardflow;
using testing::Map;
using testing::Pairs;

namespace {

Pairs numbered(int count, const std::string& value = "v") {
  Pairs records;
  for (int i = 0; i < count; ++i) records.emplace_back("key" + std::to_string(i), value + std::to_string(i));
  return records;
}

}  // namespace

TEST_CASE("an empty shard finds nothing") {
  const testing::ShardBench bench;
  CHECK(bench.find("key") == "(absent)");
  CHECK(bench.shard().size() == 0);
}

TEST_CASE_TEMPLATE("the last value of a key stays, also when it came twice within the records fetched ahead", Bench,
                   testing::ShardBench, testing::EntriesBench) {
  Bench bench;
  bench.apply({{"a", "1"}, {"b", "2"}, {"a", "3"}, {"a", "4"}});
  CHECK(bench.find("a") == "4");
  CHECK(bench.find("b") == "2");
  CHECK(bench.find("c") == "(absent)");
  CHECK(bench.shard().size() == 2);
  CHECK(bench.shard().applied() == 4);
}

TEST_CASE_TEMPLATE("values that grow and shrink are what was written last", Bench, testing::ShardBench,
                   testing::EntriesBench) {
  Bench bench;
  std::size_t bytes = 0;
  for (const std::size_t length : {3ul, 1ul, 0ul, 10ul, 254ul, 255ul, 5ul, 300ul, 299ul, 100000ul, 2ul}) {
    bench.apply({{"key", std::string(length, 'v')}, {"other", "same"}});
    CHECK(bench.find("key") == std::string(length, 'v'));
    bytes = length;
  }
  CHECK(bench.find("other") == "same");
  CHECK(bench.shard().key_bytes() == 8);
  CHECK(bench.shard().value_bytes() == bytes + 4);
}

TEST_CASE_TEMPLATE("many keys through several growths are all found, in the order in which they came", Bench,
                   testing::ShardBench, testing::EntriesBench) {
  Bench bench;
  const Pairs records = numbered(50'000);
  for (std::size_t i = 0; i < records.size(); i += 777) {
    bench.apply({records.begin() + static_cast<long>(i),
                 records.begin() + static_cast<long>(std::min(i + 777, records.size()))});
  }
  CHECK(bench.shard().size() == records.size());
  for (const auto& [key, value] : records) REQUIRE(bench.find(key) == value);
  Pairs walked;
  bench.shard().for_each([&](std::string_view key, std::string_view value) { walked.emplace_back(key, value); });
  CHECK(walked == records);
}

TEST_CASE_TEMPLATE("what growing values leave behind is compacted away, and the keys keep their order", Bench,
                   testing::ShardBench, testing::EntriesBench) {
  Bench bench;
  constexpr int kKeys = 20'000;
  Pairs records;
  for (int i = 0; i < kKeys; ++i) records.emplace_back("key" + std::to_string(i), "");
  std::uint64_t most_over_live = 0;
  for (std::size_t length = 10; length <= 200; length += 10) {
    for (int i = 0; i < kKeys; ++i) {
      records[static_cast<std::size_t>(i)].second = std::string(length, static_cast<char>('a' + i % 26));
    }
    bench.apply(records);
    const Shard& shard = bench.shard();
    const std::uint64_t live = shard.key_bytes() + shard.value_bytes() + 5 * shard.size();
    most_over_live = std::max(most_over_live, shard.arena_used_bytes() * 100 / live);
  }
  CHECK(most_over_live <= 170);  // checked every 1,024 records, so beyond 150 by those
  for (const auto& [key, value] : records) REQUIRE(bench.find(key) == value);
  CHECK(bench.shard().size() == kKeys);
  Map walked;
  bench.shard().for_each(
      [&](std::string_view key, std::string_view value) { CHECK(walked.emplace(key, value).second); });
  CHECK(walked == Map(records.begin(), records.end()));
}

TEST_CASE_TEMPLATE("values that shrink give their room back", Bench, testing::ShardBench, testing::EntriesBench) {
  Bench bench;
  Pairs records = numbered(20'000, std::string(200, 'v'));
  bench.apply(records);
  CHECK(bench.shard().arena_used_bytes() > 4'000'000);
  for (auto& [key, value] : records) value = "short";
  bench.apply(records);
  bench.apply({{"one more", "step"}});
  CHECK(bench.shard().arena_used_bytes() < 1'000'000);
  for (const auto& [key, value] : records) REQUIRE(bench.find(key) == value);
  Pairs walked;
  bench.shard().for_each([&](std::string_view key, std::string_view value) { walked.emplace_back(key, value); });
  records.emplace_back("one more", "step");
  CHECK(walked == records);
}

TEST_CASE("a compaction that the memory limit ends loses nothing") {
  std::uint64_t refused = 0;
  for (std::uint64_t limit = std::uint64_t{4} << 20; limit <= std::uint64_t{9} << 20; limit += std::uint64_t{1} << 18) {
    testing::ShardBench bench(limit);
    Pairs records = numbered(10'000);
    bench.apply(records);
    try {
      for (const std::size_t length : {150ul, 10ul, 200ul, 10ul, 254ul}) {
        for (auto& [key, value] : records) value.assign(length, 'v');
        bench.apply(records);
      }
    } catch (const MemoryLimitError&) {
      ++refused;
    }
    CHECK(bench.shard().size() == records.size());
    Map walked;
    bench.shard().for_each([&](std::string_view key, std::string_view value) {
      CHECK(walked.emplace(key, value).second);
      CHECK(bench.find(std::string(key)) == value);
    });
    CHECK(walked.size() == records.size());
  }
  CHECK(refused > 0);
}

TEST_CASE("keys that agree in all of the table's bits are told apart") {
  MemoryBudget budget(UINT64_MAX);
  const KeyHash hash(1);
  Shard shard(hash, budget);
  const std::string text = "onetwo 1 2" + std::string(64, '\0');
  const std::array<RecordRef, 4> records{{{7, 0, 3, 7, 1}, {7, 3, 3, 9, 1}, {7, 0, 3, 9, 1}, {7, 3, 3, 7, 1}}};
  shard.apply(text.data(), records, 0);
  shard.settle();
  CHECK(shard.size() == 2);
  CHECK(shard.find("one", 7) == "2");
  CHECK(shard.find("two", 7) == "1");
  CHECK(!shard.find("six", 7));
}

TEST_CASE_TEMPLATE("a value whose length goes up and down does not fill the arena", Bench, testing::ShardBench,
                   testing::EntriesBench) {
  Bench bench;
  for (int i = 0; i < 2000; ++i) {
    bench.apply({{"key", std::string(static_cast<std::size_t>(i % 200), 'v')}, {"key", "x"}});
  }
  CHECK(bench.shard().arena_bytes() <= 256 << 10);
}

TEST_CASE_TEMPLATE("a block of repeats does not make the table grow", Bench, testing::ShardBench,
                   testing::EntriesBench) {
  Bench bench;
  bench.apply(Pairs(100'000, {"key", "value"}), 0.01);
  CHECK(bench.shard().table_bytes() <= 256 << 10);
}

TEST_CASE_TEMPLATE("a plan counts what of a batch is still to come", Bench, testing::ShardBench,
                   testing::EntriesBench) {
  Bench bench;
  const Pairs all = numbered(50'000);
  std::set<std::uint64_t> sizes;
  constexpr int kBatches = 16;
  for (int i = 0; i < kBatches; ++i) {
    const auto begin = all.begin() + i * std::ssize(all) / kBatches;
    const auto end = all.begin() + (i + 1) * std::ssize(all) / kBatches;
    bench.apply(Pairs(begin, end), static_cast<double>(i + 1) / kBatches);
    sizes.insert(bench.shard().table_bytes());
  }
  CHECK(sizes.size() == 2);  // the first, and that of the plan
}

TEST_CASE_TEMPLATE("at the memory limit the shard refuses, and what it had is still there", Bench, testing::ShardBench,
                   testing::EntriesBench) {
  Bench bench(3 << 20);
  bench.apply(numbered(1000));
  CHECK_THROWS_AS(bench.apply(numbered(200'000, std::string(50, 'w'))), MemoryLimitError);
  CHECK(bench.find("key999").ends_with("999"));
  CHECK(bench.shard().size() >= 1000);
}

TEST_CASE("where every key is new the table is planned for the whole input") {
  CHECK(planned_keys({10'000, 10'000, 0.1}) >= 100'000);
  CHECK(planned_keys({10'000, 10'000, 0.1}) <= 110'000);
}

TEST_CASE("what is expected in the end is bounded by what so many new keys let one guess") {
  CHECK(expected_keys({1000, 1000, 0.01}) >= 90'000);
  CHECK(expected_keys({1000, 1000, 0.01}) <= 110'000);
  CHECK(expected_keys({1000, 1000, 1e-300}) <= 1'100'000);
  CHECK(expected_keys({std::size_t{1} << 40, std::uint64_t{1} << 40, 1e-300}) == 1'000'000'000'000'000);
  CHECK(expected_keys({1000, 1000, 0.999}) <= 1100);
  CHECK(expected_keys({1000, 5000, 0}) == 1500);
}

TEST_CASE("where keys repeat the table is not planned for keys that never come") {
  // 10,000 draws from 20,000 keys show 20,000 (1 - exp(-0.5)) = 7,869; 1,000,000 draws show all of them.
  const std::size_t planned = planned_keys({7'869, 10'000, 0.01});
  CHECK(planned >= 20'000);
  CHECK(planned <= 21'500);
}

TEST_CASE("a plan is at least a quarter and at most sixteen times the present, and half as much again in the dark") {
  CHECK(planned_keys({1000, 1000, 0.999}) == 1251);
  CHECK(planned_keys({1000, 1000, 0.00001}) == 16'001);
  CHECK(planned_keys({1000, 5000, 0}) == 1501);
}

}  // namespace shard_test
