// Slots that are put off, and a shard that puts them off.
#include "pipeline/store/deferral.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <random>
#include <span>
#include <string>
#include <vector>

#include "pipeline/errors.hpp"
#include "tests/shard_bench.hpp"
#include "tests/testing.hpp"

namespace deferral_test {

using namespace shardflow;
using testing::Map;
using testing::Pairs;

namespace {

std::vector<Slot> random_slots(std::uint32_t count) {
  std::mt19937 random(1);
  std::vector<Slot> slots(count);
  for (std::uint32_t i = 0; i < count; ++i) slots[i] = {static_cast<std::uint32_t>(random()), i + 1};
  return slots;
}

void push(PendingSlots& pending, const Slot& slot) {
  pending.make_room(slot.hash);
  pending.push(slot);
}

bool equal(const Slot& a, const Slot& b) { return a.hash == b.hash && a.entry == b.entry; }

std::vector<Slot> seen(const PendingSlots& pending) {
  std::vector<Slot> slots;
  pending.for_each_run([&](std::span<const Slot> run) { slots.insert(slots.end(), run.begin(), run.end()); });
  return slots;
}

// For a slot of its own, whatever is there.
void take_in(Table& table, const Slot& slot) {
  const SlotLines& lines = table.lines();
  const auto none = [](std::uint32_t) { return false; };
  table.occupy(lines.resolve(lines.locate(slot.hash), slot.hash, none), slot.hash, slot.entry);
}

// New keys, and how many records a shard is told of, of which these are the first: so many that it puts off to look
// for their places.
constexpr int kMany = 40'000;
constexpr double kAll = 1'000'000;

Pairs numbered(int begin, int end, const std::string& value) {
  Pairs records;
  for (int i = begin; i < end; ++i) records.emplace_back("key" + std::to_string(i), value + std::to_string(i));
  return records;
}

// Records in blocks of 5,000, the first of them where `done` of kAll were read.
void put(testing::ShardBench& bench, const Pairs& records, double done = 0) {
  for (std::size_t begin = 0; begin < records.size(); begin += 5000) {
    const std::size_t end = std::min(begin + 5000, records.size());
    bench.put({&records[begin], end - begin}, (done + static_cast<double>(end)) / kAll);
  }
}

}  // namespace

TEST_CASE("slots come back by ranges, those of a range in the order in which they came") {
  MemoryBudget budget(UINT64_MAX);
  for (const std::uint32_t count : {0u, 1u, 7u, 8u, 9u, 5000u, 42'000u}) {
    CAPTURE(count);
    PendingSlots pending(40'000, budget);
    const std::vector<Slot> slots = random_slots(count);
    for (const Slot& slot : slots) push(pending, slot);
    CHECK(pending.size() == count);
    CHECK_FALSE(pending.overflows());

    std::vector<Slot> expected = slots;
    std::ranges::stable_sort(expected, {}, [&](const Slot& slot) { return pending.range_of(slot.hash); });
    CHECK(std::ranges::equal(seen(pending), expected, equal));

    std::size_t i = 0;
    bool each_equal = true;
    for (std::size_t range = 0; range < pending.ranges(); ++range) {
      for (std::size_t j = 0; j < pending.size(range); ++j) each_equal &= equal(pending.slot(range, j), expected[i++]);
    }
    CHECK(i == count);
    CHECK(each_equal);
  }
}

TEST_CASE("slots of a range that is full come back in their order, too, and a table takes in all") {
  MemoryBudget budget(UINT64_MAX);
  PendingSlots pending(40'000, budget);
  // Half of them share a few hashes, in the last of 8 ranges.
  std::vector<Slot> slots = random_slots(40'000);
  for (std::size_t i = 0; i < slots.size(); i += 2) slots[i].hash = UINT32_MAX - static_cast<std::uint32_t>(i % 3);
  for (const Slot& slot : slots) push(pending, slot);
  CHECK(pending.overflows());
  CHECK(pending.size() == slots.size());

  const auto by_range = [&](std::vector<Slot> list) {
    std::ranges::stable_sort(list, {}, [&](const Slot& slot) { return pending.range_of(slot.hash); });
    return list;
  };
  const std::vector<Slot> expected = by_range(slots);
  CHECK(std::ranges::equal(by_range(seen(pending)), expected, equal));

  Table table(budget);
  std::vector<Slot> moved;
  pending.move_to(table, [&](std::span<const Slot> run) {
    for (const Slot& slot : run) {
      moved.push_back(slot);
      take_in(table, slot);
    }
  });
  CHECK(std::ranges::equal(by_range(moved), expected, equal));
  CHECK(table.size() == slots.size());
  const SlotLines& lines = table.lines();
  std::size_t found = 0;
  for (const Slot& slot : slots) {
    const auto matches = [&](std::uint32_t entry) { return entry == slot.entry; };
    if (lines.resolve(lines.locate(slot.hash), slot.hash, matches).entry == slot.entry) ++found;
  }
  CHECK(found == slots.size());
}

TEST_CASE("ranges grow with what is planned, to what a first-level cache holds a line of each") {
  CHECK(PendingSlots::ranges(0) == 2);
  CHECK(PendingSlots::ranges(100'000) == 32);
  CHECK(PendingSlots::ranges(1'000'000'000) == 256);
}

TEST_CASE("what is put off is counted by the budget, and given back") {
  MemoryBudget budget(UINT64_MAX);
  {
    PendingSlots pending(40'000, budget);
    for (const Slot& slot : random_slots(40'000)) push(pending, slot);
    CHECK(budget.used_bytes() >= 40'000 * sizeof(Slot) - pending.ranges() * 64);
  }
  CHECK(budget.used_bytes() == 0);
}

TEST_CASE("a slot for which there is no memory leaves what was there before") {
  MemoryBudget budget(std::uint64_t{256} << 10);
  PendingSlots pending(10'000, budget);
  std::size_t pushed = 0;
  const auto push_same = [&] {
    for (; pending.room() > 0; ++pushed) push(pending, {UINT32_MAX, static_cast<std::uint32_t>(pushed + 1)});
  };
  CHECK_THROWS_AS(push_same(), MemoryLimitError);
  CHECK(pending.size() == pushed);
  const std::vector<Slot> slots = seen(pending);
  REQUIRE(slots.size() == pushed);
  bool in_order = true;
  for (std::size_t i = 0; i < pushed; ++i) in_order &= slots[i].entry == i + 1;
  CHECK(in_order);
}

TEST_CASE("putting off ends once one key in eight repeats, those of the table too") {
  MemoryBudget budget(UINT64_MAX);
  const std::vector<Slot> slots = random_slots(200'000);
  Table table(budget);
  table.rebuild_for(slots.size());
  for (const Slot& slot : slots) take_in(table, slot);

  Deferral fresh(Table(budget), 200'000, budget);
  Deferral repeated(table, 200'000, budget);
  bool stays = true;
  std::size_t noticed = 0;
  for (const Slot& slot : slots) {
    for (Deferral* const each : {&fresh, &repeated}) {
      each->make_room(1, {each->slots().size(), each->slots().size(), 0});
      push(each->slots(), slot);
    }
    stays = stays && fresh.still_pays();
    if (repeated.still_pays()) ++noticed;
  }
  CHECK(stays);
  CHECK(noticed < 60'000);
}

TEST_CASE_TEMPLATE("where keys are new a shard puts off to look for their places, and then has all, in their order",
                   Bench, testing::ShardBench, testing::EntriesBench) {
  Bench bench;
  const Pairs records = numbered(0, kMany, "v");
  put(bench, records);
  CHECK(!bench.shard().settled());
  CHECK(bench.shard().applied() == kMany);
  bench.shard().settle();
  CHECK(bench.shard().settled());
  CHECK(bench.shard().size() == kMany);
  CHECK(bench.finds(records));
  CHECK(bench.find("key") == "(absent)");
  CHECK(bench.walk() == records);
}

TEST_CASE_TEMPLATE(
    "of a key that repeats while its place is not looked for, the last value stays where the first one was", Bench,
    testing::ShardBench, testing::EntriesBench) {
  Bench bench;
  Pairs records = numbered(0, kMany, "v");
  const std::string longer(300, 'l');
  Map last;
  // A value that fits in the room of the one before, one that does not, and one of several in a row.
  const Pairs repeats{{"key5", "w5"},    {"key20000", longer}, {"key30000", ""},
                      {"key30000", "x"}, {"key30001", longer}, {"key30001", "y"}};
  records.insert(records.end(), repeats.begin(), repeats.end());
  put(bench, records);
  CHECK(!bench.shard().settled());
  bench.shard().settle();

  std::uint64_t bytes = 0;
  for (const auto& [key, value] : records) last[key] = value;
  for (const auto& [key, value] : last) bytes += key.size() + value.size();
  CHECK(bench.shard().size() == last.size());
  CHECK(bench.shard().key_bytes() + bench.shard().value_bytes() == bytes);
  const Pairs walked = bench.walk();
  CHECK(walked.size() == last.size());
  CHECK(Map(walked.begin(), walked.end()) == last);
  CHECK(walked[5].first == "key5");
  CHECK(walked[30'000 - 1].first == "key30000");  // one before it moved to the end
  CHECK(bench.finds(last));
}

TEST_CASE_TEMPLATE("keys that come again and again are looked for at once, and the arena holds little that is dead",
                   Bench, testing::ShardBench, testing::EntriesBench) {
  Bench bench;
  const Pairs first = numbered(0, kMany, "first");
  const Pairs later = numbered(0, kMany, "again");
  put(bench, first);
  CHECK(!bench.shard().settled());
  for (int i = 1; i < 4; ++i) put(bench, later, i * double{kMany});
  CHECK(bench.shard().settled());
  const std::uint64_t live = bench.shard().key_bytes() + bench.shard().value_bytes() + 5 * bench.shard().size();
  CHECK(bench.shard().arena_used_bytes() < live * 3 / 2);
  CHECK(bench.walk() == later);
}

TEST_CASE_TEMPLATE("one key that comes so often that its range is full is looked for at once, too", Bench,
                   testing::ShardBench, testing::EntriesBench) {
  Bench bench;
  const Pairs records = numbered(0, kMany, "v");
  put(bench, records);
  REQUIRE(!bench.shard().settled());
  Pairs repeats(20'000, {"again", "first"});
  repeats.back().second = "last";
  put(bench, repeats, kMany);
  CHECK(bench.shard().settled());
  CHECK(bench.shard().size() == records.size() + 1);
  CHECK(bench.find("again") == "last");
  CHECK(bench.finds(records));
}

TEST_CASE_TEMPLATE("few keys that repeat with long values leave no more behind than half of what is alive", Bench,
                   testing::ShardBench, testing::EntriesBench) {
  // So few that a sample of keys hardly has one of them.
  for (const std::size_t value_bytes : {200U, 2000U}) {
    CAPTURE(value_bytes);
    Bench bench;
    Pairs records = numbered(0, kMany, "v");
    Map last(records.begin(), records.end());
    put(bench, records);
    REQUIRE(!bench.shard().settled());
    std::uint64_t most = 0;
    for (int block = 0; block < 20; ++block) {
      records = numbered(kMany + block * 4750, kMany + (block + 1) * 4750, "v");
      for (int i = 0; i < 250; ++i) {
        records.emplace_back("key" + std::to_string(i % 20),
                             std::string(value_bytes, static_cast<char>('a' + block)) + std::to_string(i));
      }
      for (const auto& [key, value] : records) last.insert_or_assign(key, value);
      put(bench, records, kMany + block * 5000);
      const std::uint64_t live = 21 * bench.shard().applied() + 20 * value_bytes;
      most = std::max(most, bench.shard().arena_used_bytes() * 100 / live);
    }
    CHECK(most < 170);
    bench.shard().settle();
    const std::uint64_t live = bench.shard().key_bytes() + bench.shard().value_bytes() + 5 * bench.shard().size();
    CHECK(bench.shard().arena_used_bytes() < live * 3 / 2 + 65536);
    CHECK(bench.shard().size() == last.size());
    CHECK(bench.finds(last));
  }
}

TEST_CASE("what is put off is compacted in the end, too") {
  testing::ShardBench bench;
  put(bench, numbered(0, kMany, "v"));
  Pairs again;
  for (int i = 0; i < 1000; ++i) again.emplace_back("key1", std::string(1000, 'l') + std::to_string(i));
  put(bench, again, kMany);
  bench.shard().settle();
  const std::uint64_t live = bench.shard().key_bytes() + bench.shard().value_bytes() + 5 * bench.shard().size();
  CHECK(bench.shard().arena_used_bytes() < live * 3 / 2 + 65536);
  CHECK(bench.find("key1") == again.back().second);
}

TEST_CASE_TEMPLATE("a shard can be settled and written to in turn", Bench, testing::ShardBench, testing::EntriesBench) {
  Bench bench;
  Pairs records;
  for (int i = 0; i < 10; ++i) {
    const Pairs more = numbered(i * kMany / 2, (i + 1) * kMany / 2, "v");
    put(bench, more);
    bench.shard().settle();
    records.insert(records.end(), more.begin(), more.end());
    CHECK(bench.shard().size() == records.size());
  }
  CHECK(bench.walk() == records);
  CHECK(bench.finds(records));
}

TEST_CASE_TEMPLATE("where memory runs out, what was put off before is there", Bench, testing::ShardBench,
                   testing::EntriesBench) {
  std::uint64_t refused = 0;
  const Pairs records = numbered(0, kMany, "v");
  for (std::uint64_t limit = std::uint64_t{1} << 20; limit < std::uint64_t{4} << 20; limit += std::uint64_t{1} << 18) {
    CAPTURE(limit);
    Bench bench(limit);
    try {
      put(bench, records);
    } catch (const MemoryLimitError&) {
      ++refused;
    }
    const std::uint64_t applied = bench.shard().applied();
    bench.shard().settle();
    REQUIRE(bench.shard().settled());
    const Pairs walked = bench.walk();
    CHECK(walked.size() == bench.shard().size());
    CHECK(walked.size() >= applied);
    CHECK(applied >= 5000);
    std::uint64_t bytes = 0;
    for (const auto& [key, value] : walked) bytes += key.size() + value.size();
    CHECK(bench.finds(walked));
    CHECK(bench.shard().key_bytes() + bench.shard().value_bytes() == bytes);
  }
  CHECK(refused > 0);
}

TEST_CASE_TEMPLATE("without memory for its slot a record is not there", Bench, testing::ShardBench,
                   testing::EntriesBench) {
  // New keys, and then, in one block, one that repeats so often that its range is full: what has the rest grows with
  // it.
  const Pairs records = numbered(0, kMany, "");
  const Pairs repeats(6000, {"again", ""});
  Bench unlimited;
  put(unlimited, records);
  const std::uint64_t used = unlimited.budget().used_bytes();
  std::uint64_t refused = 0;
  for (std::uint64_t more = 0; more < std::uint64_t{256} << 10; more += 4096) {
    CAPTURE(more);
    Bench bench(used + more);
    put(bench, records);
    REQUIRE(!bench.shard().settled());
    try {
      bench.put(repeats, (kMany + 6000) / kAll);
    } catch (const MemoryLimitError&) {
      ++refused;
    }
    bench.shard().settle();
    const Pairs walked = bench.walk();
    std::uint64_t bytes = 0;
    for (const auto& [key, value] : walked) bytes += key.size() + value.size();
    CHECK(walked.size() >= records.size());
    CHECK(bench.shard().size() == walked.size());
    CHECK(bench.shard().key_bytes() + bench.shard().value_bytes() == bytes);
  }
  CHECK(refused > 0);
}

}  // namespace deferral_test
