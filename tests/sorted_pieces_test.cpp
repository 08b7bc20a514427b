// A store's records in the order of their keys.
#include "pipeline/output/sorted_pieces.hpp"

#include <doctest/doctest.h>
#include <rapidcheck.h>

#include <algorithm>
#include <array>
#include <map>
#include <random>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "pipeline/mode/in_arena.hpp"
#include "pipeline/mode/mode.hpp"
#include "pipeline/output/entry_lists.hpp"
#include "pipeline/output/splitters.hpp"
#include "pipeline/store/entry.hpp"
#include "pipeline/store/key_hash.hpp"
#include "tests/testing.hpp"

namespace sorted_pieces_test {

using namespace shardflow;
using testing::Map;
using testing::Pairs;

namespace {

Pairs sorted_pairs(const Pairs& pairs, std::uint32_t threads) {
  Store store(3);
  testing::TextSource source(testing::to_tsv(pairs));
  find_mode("serial")->run(source, store, {});
  Pairs sorted;
  in_arena(threads, [&] {
    const SortedPieces pieces(store);
    for (std::size_t i = 0; i < pieces.size(); ++i) {
      pieces.for_each(i, [&](std::string_view key, std::string_view value) { sorted.emplace_back(key, value); });
    }
  });
  return sorted;
}

// A std::map orders by char_traits<char>, which compares bytes as unsigned ones.
void check_sorted(const Pairs& pairs, std::uint32_t threads = 2) {
  Map expected;
  for (const auto& [key, value] : pairs) expected.insert_or_assign(key, value);
  CHECK(sorted_pairs(pairs, threads) == Pairs(expected.begin(), expected.end()));
}

// In an order that has nothing to do with the keys'.
Pairs shuffled(std::vector<std::string> keys) {
  std::ranges::shuffle(keys, std::mt19937_64(1));
  Pairs pairs;
  for (const std::string& key : keys) pairs.emplace_back(key, std::to_string(pairs.size()));
  return pairs;
}

}  // namespace

TEST_CASE("an empty store has no pieces") { CHECK(sorted_pairs({}, 2).empty()); }

TEST_CASE("behind the last copy of a block a prefix can be read") {
  // Copies that fill blocks to their very ends, up to a whole mapping's.
  std::vector<std::vector<char>> entries;
  for (const std::size_t key_bytes : {60U, 52U}) {
    std::vector<char>& entry = entries.emplace_back(256);
    const std::string key(key_bytes + KeyHash::kPaddingBytes, 'k');
    const auto layout = entry::layout<entry::Shape::kShort>(key_bytes, 0);
    entry::write<entry::Shape::kShort>(entry.data(), layout, {key.data(), key_bytes}, {key.data(), 0});
  }
  constexpr std::size_t kBlocks = 32 + 512;
  EntryLists lists(1);
  for (std::size_t block = 0; block < kBlocks; ++block) {
    for (int i = 0; i < 62; ++i) lists.part().append(0, 0, entries[0].data());
    lists.part().append(0, 0, entries[1].data());
    lists.part().append(0, 0, entries[0].data());
  }
  std::size_t found = 0;
  lists.for_each_run(0, [&](const EntryLists::Run& run) {
    run.for_each(56, [&](std::uint64_t prefix, const char*) { found += prefix == 0x6b6b6b6b00000000; });
  });
  CHECK(found == 63 * kBlocks);
}

TEST_CASE("any keys come in order") {
  CHECK(rc::check([] {
    // Few different bytes, so that many keys begin alike; bytes of both signs, and zeros at the end.
    const auto byte = rc::gen::element('\0', '\1', 'a', 'b', '\x7f', '\x80', '\xff');
    auto keys = *rc::gen::container<std::vector<std::string>>(rc::gen::nonEmpty(rc::gen::container<std::string>(byte)));
    if (!keys.empty()) keys.back().insert(0, *rc::gen::inRange<std::size_t>(0, 300), 'a');
    check_sorted(shuffled(keys));
  }));
}

TEST_CASE("keys come in order across pieces") {
  std::vector<std::string> keys;
  for (int i = 0; i < 100'000; ++i) keys.push_back("key" + std::to_string(i));
  for (const std::uint32_t threads : {1U, 3U}) check_sorted(shuffled(keys), threads);
}

TEST_CASE("keys come in order where most have one of two beginnings") {
  // Short entries and long ones, which are told apart by how they are listed.
  for (const std::size_t bytes : {12U, 200U}) {
    const std::string beginning(bytes, '/');
    std::vector<std::string> keys{"a", "user", "user" + beginning};
    for (int i = 0; i < 70'000; ++i) {
      keys.push_back("user" + beginning + std::to_string(i));
      keys.push_back("group" + beginning + std::to_string(i));
    }
    check_sorted(shuffled(keys));
  }
}

TEST_CASE("keys come in order that differ in how many zeros they end with") {
  std::vector<std::string> keys;
  for (std::size_t i = 0; i < 1000; ++i) keys.push_back("k" + std::string(i, '\0'));
  keys.push_back("k" + std::string(500, '\0') + "x");
  check_sorted(shuffled(keys));
}

std::vector<std::size_t> ranges_of(const Splitters& splitters, std::span<const std::uint64_t> numbers) {
  std::vector<std::size_t> ranges;
  for (std::size_t begin = 0; begin < numbers.size(); begin += Splitters::kGroup) {
    const auto group = numbers.subspan(begin, std::min(Splitters::kGroup, numbers.size() - begin));
    Splitters::Numbers padded{};
    std::ranges::copy(group, padded.begin());
    const Splitters::Ranges found = splitters.ranges_of(padded);
    ranges.insert(ranges.end(), found.begin(), found.begin() + static_cast<std::ptrdiff_t>(group.size()));
  }
  return ranges;
}

TEST_CASE("splitters put each number into the range that it belongs to") {
  CHECK(rc::check([](std::vector<std::uint64_t> samples) {
    samples.insert(samples.end(), {0, UINT64_MAX});
    const auto cuts = *rc::gen::inRange<std::size_t>(0, 40);
    const Splitters splitters(samples, cuts);
    RC_ASSERT(splitters.ranges() <= cuts + 1);
    std::ranges::sort(samples);
    std::size_t before = 0;
    for (const std::uint64_t sample : samples) {
      const auto found = ranges_of(splitters, std::array{sample, sample + 1});
      RC_ASSERT(before <= found[0] && found[0] < splitters.ranges());
      if (splitters.is_single(found[0]) && sample != UINT64_MAX) RC_ASSERT(found[1] == found[0] + 1);
      before = found[0];
    }
  }));
}

TEST_CASE("ranges have as many numbers each, whatever bits those differ in, and others are between them") {
  CHECK(rc::check([](std::uint64_t common, const std::set<std::uint64_t>& anything) {
    // As text has them, some bits are the same in all numbers, and some differ in a few.
    const auto mask = *rc::gen::arbitrary<std::uint64_t>() & *rc::gen::arbitrary<std::uint64_t>();
    std::set<std::uint64_t> distinct{common};
    for (const std::uint64_t number : anything) distinct.insert((number & mask) | (common & ~mask));
    std::vector<std::uint64_t> numbers(distinct.begin(), distinct.end());
    const auto cuts = *rc::gen::inRange<std::size_t>(0, numbers.size());
    const Splitters splitters(numbers, cuts);
    RC_ASSERT(splitters.ranges() == cuts + 1);
    std::vector<std::size_t> sizes(splitters.ranges());
    for (const std::size_t range : ranges_of(splitters, numbers)) ++sizes[range];
    for (const std::size_t size : sizes) {
      RC_ASSERT(size == numbers.size() / sizes.size() || size == numbers.size() / sizes.size() + 1);
    }
    numbers.insert(numbers.end(), anything.begin(), anything.end());
    std::ranges::sort(numbers);
    RC_ASSERT(std::ranges::is_sorted(ranges_of(splitters, numbers)));
  }));
}

TEST_CASE("a number that is at several quantiles has a range of its own") {
  std::vector<std::uint64_t> samples(100, 7);
  for (std::uint64_t i = 0; i < 100; ++i) samples.push_back(i);
  const Splitters splitters(samples, 7);
  const auto found = ranges_of(splitters, std::array<std::uint64_t, 3>{6, 7, 8});
  CHECK((found[0] < found[1] && found[1] < found[2]));
  CHECK(splitters.is_single(found[1]));
  CHECK(!splitters.is_single(found[2]));
}

TEST_CASE("one key in many that begins otherwise, or ends sooner, is in its place") {
  // So few are looked at beforehand that these hardly are.
  for (const char* const outlier : {"a", "common-begin", "common-beginning", "common-beginninz", "z"}) {
    CAPTURE(outlier);
    std::vector<std::string> keys{outlier};
    for (int i = 0; i < 30'000; ++i) keys.push_back("common-beginning-" + std::to_string(i));
    check_sorted(shuffled(std::move(keys)));
  }
}

}  // namespace sorted_pieces_test
