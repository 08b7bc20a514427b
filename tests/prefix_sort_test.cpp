// Records in the order of their prefixes, whatever bits those differ in.
#include "pipeline/output/prefix_sort.hpp"

#include <doctest/doctest.h>
#include <rapidcheck.h>

#include <algorithm>
#include <random>
#include <utility>
#include <vector>

namespace prefix_sort_test {

using namespace shardflow;

namespace {

std::vector<SortedRecord> random_records(std::size_t count, std::uint64_t mask, std::uint64_t seed) {
  std::mt19937_64 random(seed);
  std::vector<SortedRecord> records;
  const std::uint64_t common = random() & ~mask;
  for (std::size_t i = 0; i < count; ++i) records.push_back({common | (random() & mask), nullptr});
  // Each has an address of its own, to be told apart by.
  static const char text[100'000] = {};
  for (std::size_t i = 0; i < count; ++i) records[i].entry = text + i;
  return records;
}

using Pairs = std::vector<std::pair<std::uint64_t, const char*>>;

// Ordered by address where prefixes are equal.
Pairs pairs(const std::vector<SortedRecord>& records) {
  Pairs all;
  for (const SortedRecord& record : records) all.emplace_back(record.prefix, record.entry);
  for (auto begin = all.begin(); begin != all.end();) {
    const auto end = std::find_if(begin, all.end(), [&](const auto& pair) { return pair.first != begin->first; });
    std::sort(begin, end);
    begin = end;
  }
  return all;
}

void check_sorts(PrefixSort& sort, std::vector<SortedRecord> records) {
  Pairs expected;
  for (const SortedRecord& record : records) expected.emplace_back(record.prefix, record.entry);
  std::ranges::sort(expected);
  sort(records);
  CHECK(pairs(records) == expected);
}

}  // namespace

TEST_CASE("any prefixes are sorted, and no record is lost") {
  CHECK(rc::check([] {
    const auto count = *rc::gen::inRange<std::size_t>(0, 3000);
    // From few bits to all, side by side and apart.
    const auto mask = *rc::gen::arbitrary<std::uint64_t>() & *rc::gen::arbitrary<std::uint64_t>();
    PrefixSort sort;
    check_sorts(sort, random_records(count, mask, *rc::gen::arbitrary<std::uint64_t>()));
  }));
}

TEST_CASE("the bits at both ends, in the middle, none, and more than are sorted at once") {
  PrefixSort sort;
  for (const std::uint64_t mask :
       {std::uint64_t{0}, std::uint64_t{1}, std::uint64_t{1} << 63, std::uint64_t{0x8000000000000001},
        std::uint64_t{0x3fffff} << 42, std::uint64_t{0x3fffff}, std::uint64_t{0x7fffff} << 20,
        std::uint64_t{0x0f0f0f0f0f0f0f0f}, ~std::uint64_t{0}}) {
    for (const std::size_t count : {1U, 255U, 256U, 257U, 10'000U}) {
      CAPTURE(mask);
      CAPTURE(count);
      check_sorts(sort, random_records(count, mask, 7));
    }
  }
}

TEST_CASE("bits that are as the next ones in all records are not needed, and those that are so in some are") {
  PrefixSort sort;
  // Digits, and zeros behind the shorter ones: 48 bits differ, 40 tell. And then one letter, which has another bit.
  for (const bool with_letter : {false, true}) {
    std::vector<SortedRecord> records = random_records(20'000, 0, 5);
    std::mt19937 random(1);
    for (SortedRecord& record : records) {
      const std::size_t digits = random() % 9;
      for (std::size_t i = 0; i < 8; ++i) record.prefix = record.prefix << 8 | (i < digits ? '0' + random() % 10 : 0);
    }
    if (with_letter) records[7].prefix ^= std::uint64_t{0x10} << 40;
    check_sorts(sort, records);
  }
  // Runs of bits that are alike, up to both ends.
  for (const std::uint64_t run :
       {~std::uint64_t{0}, std::uint64_t{0xf0000000000000ff}, std::uint64_t{0x0000ff00000ff000}}) {
    std::vector<SortedRecord> records = random_records(1000, 0x00000f0000f00000, 9);
    for (std::size_t i = 0; i < records.size(); i += 3) records[i].prefix ^= run;
    check_sorts(sort, records);
  }
}

TEST_CASE("many records that are equal in the highest bits are sorted by the others") {
  // Two values of the upper half alone, so that behind the first pass there are two groups of thousands.
  std::vector<SortedRecord> records = random_records(20'000, 0xffffffff, 3);
  for (std::size_t i = 0; i < records.size(); ++i) {
    records[i].prefix = (records[i].prefix & 0xffffffff) | (i % 2 == 0 ? 0x3fffffull << 40 : 0);
  }
  PrefixSort sort;
  check_sorts(sort, std::move(records));
}

}  // namespace prefix_sort_test
