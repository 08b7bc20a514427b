#include "pipeline/store/combiner.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <map>
#include <random>
#include <string>
#include <tuple>
#include <unordered_map>
#include <vector>

#include "pipeline/input/tsv.hpp"
#include "tests/testing.hpp"

namespace combiner_test {

using namespace shardflow;
using testing::Pairs;

namespace {

constexpr int kSetBits = 12;

struct Combined {
  std::uint64_t records = 0;
  Pairs distinct;
};

// What comes of records that are taken one by one, or many lines at once.
Combined combine(const Pairs& records, bool by_lines) {
  MemoryBudget budget(UINT64_MAX);
  const KeyHash hash(1);
  Batch batch(1 << 17, 1, budget);
  testing::fill(batch, testing::to_tsv(records));
  const std::string_view text = batch.block.text();
  Combiner combiner(batch.block, hash, batch.combiner, kSetBits);
  if (by_lines) {
    struct Take {
      Combiner& combiner;
      void operator()(const Fields& fields) const { combiner.take(fields); }
      void operator()(const PlainLines& lines) const { combiner.take(lines); }
    };
    parse_tsv(text, {}, Take{combiner});
  } else {
    parse_tsv(text, {}, [&](const Fields& fields) { combiner.take(fields); });
  }
  Combined result;
  for (const DistinctRecord& record : combiner.finish()) {
    const std::string_view key = text.substr(record.fields.key_offset, record.fields.key_bytes);
    CHECK(key.substr(0, 16) ==
          std::string_view(reinterpret_cast<const char*>(&record.key), std::min<std::size_t>(key.size(), 16)));
    result.distinct.emplace_back(key, text.substr(record.fields.value_offset, record.fields.value_bytes));
  }
  result.records = combiner.records();
  return result;
}

std::uint32_t hash_of(const std::string& key) {
  return slot_hash(KeyHash(1).quick(load_masked(testing::Padded(key).view().data(), key.size())));
}

// Keys that `part` of the hash is the same of, as many as asked for.
template <class Part>
std::vector<std::string> agreeing(std::size_t count, Part part) {
  std::unordered_map<std::uint32_t, std::vector<std::string>> found;
  for (int i = 0;; ++i) {
    const std::string key = "key" + std::to_string(i);
    std::vector<std::string>& keys = found[part(hash_of(key))];
    keys.push_back(key);
    if (keys.size() == count) return keys;
  }
}

}  // namespace

TEST_CASE("of each key the last value stays, whatever the keys' lengths, in the order in which they first came") {
  std::mt19937 random(7);
  for (const std::size_t longest : {3u, 15u, 16u, 17u, 40u}) {
    Pairs records;
    for (int i = 0; i < 3000; ++i) {
      // Keys that begin with the same bytes, and some that go on differently behind the sixteenth.
      std::string key(1 + random() % longest, 'k');
      if (random() % 2 == 0) key.back() = static_cast<char>('a' + random() % 3);
      records.emplace_back(key, std::to_string(i).substr(0, random() % 5));
    }
    Pairs expected;
    std::map<std::string, std::size_t> places;
    for (const auto& [key, value] : records) {
      const auto [place, is_new] = places.try_emplace(key, expected.size());
      if (is_new) expected.emplace_back(key, value);
      expected[place->second].second = value;
    }
    for (const bool by_lines : {false, true}) {
      const Combined combined = combine(records, by_lines);
      CHECK(combined.records == records.size());
      CHECK(combined.distinct == expected);
    }
  }
}

TEST_CASE("two keys of a set are known, and of three the first is forgotten, but no value is lost") {
  const auto keys = agreeing(3, [](std::uint32_t hash) { return hash >> (32 - kSetBits); });
  const auto [a, b, c] = std::tie(keys[0], keys[1], keys[2]);
  for (const bool by_lines : {false, true}) {
    CHECK(combine({{a, "1"}, {b, "2"}, {a, "3"}, {b, "4"}}, by_lines).distinct == Pairs{{a, "3"}, {b, "4"}});
    CHECK(combine({{a, "1"}, {b, "2"}, {c, "3"}, {b, "4"}, {c, "5"}, {a, "6"}}, by_lines).distinct ==
          Pairs{{a, "1"}, {b, "4"}, {c, "5"}, {a, "6"}});
  }
}

TEST_CASE("keys with the same hash are not taken for each other") {
  const auto keys = agreeing(2, [](std::uint32_t hash) { return hash; });
  const auto& a = keys[0];
  const auto& b = keys[1];
  for (const bool by_lines : {false, true}) {
    CHECK(combine({{a, "1"}, {b, "2"}}, by_lines).distinct == Pairs{{a, "1"}, {b, "2"}});
    CHECK(testing::last_values(combine({{a, "1"}, {b, "2"}, {a, "3"}, {b, "4"}, {b, "5"}}, by_lines).distinct) ==
          testing::last_values({{a, "3"}, {b, "5"}}));
  }
}

}  // namespace combiner_test
