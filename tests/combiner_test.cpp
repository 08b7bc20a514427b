#include "pipeline/store/combiner.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <map>
#include <random>
#include <span>
#include <stdexcept>
#include <string>
#include <tuple>
#include <unordered_map>
#include <vector>

#include "pipeline/input/csv.hpp"
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

// How records are taken: one by one, or many lines at once, without quotes or with quotes of every kind.
enum class By { kRecords, kLines, kQuotedLines };
constexpr auto kEveryWay = {By::kRecords, By::kLines, By::kQuotedLines};

// In quotes are both, neither, the value or the key, for a thousand records each.
std::string to_csv(const Pairs& records) {
  std::string text;
  for (std::size_t i = 0; i < records.size(); ++i) {
    const std::size_t kind = i / 1000 % 4;
    const std::string of_key(kind == 0 || kind == 3 ? 1 : 0, '"');
    const std::string of_value(kind == 0 || kind == 2 ? 1 : 0, '"');
    text += of_key + records[i].first + of_key + "," + of_value + records[i].second + of_value + "\n";
  }
  return text;
}

// Combines a block after the other.
class Bench {
 public:
  explicit Bench(By by, std::uint64_t memory_bytes = UINT64_MAX, int set_bits = kSetBits)
      : by_(by), budget_(memory_bytes), combiner_(set_bits, hash_, budget_) {}

  // A block's records are taken, and that is all.
  void leave_unfinished(const Pairs& records) {
    batch_.reset();
    testing::fill(batch_, by_ == By::kQuotedLines ? to_csv(records) : testing::to_tsv(records));
    combiner_.begin(batch_.block);
    if (by_ == By::kQuotedLines) {
      const TextFormat format{.kind = TextFormat::Kind::kCsv};
      parse_csv(batch_.block.data_of_text(), batch_.block.text().size(), format, {}, Take{combiner_});
    } else if (by_ == By::kLines) {
      parse_tsv(batch_.block.text(), {}, Take{combiner_});
    } else {
      parse_tsv(batch_.block.text(), {}, [&](const Fields& fields) { combiner_.take(fields); });
    }
  }
  void fail_in_finish(const Pairs& records) {
    leave_unfinished(records);
    const auto no_homes = [](std::span<const CombinedRecord> found, KeyHome* homes) {
      std::fill_n(homes, found.size(), KeyHome{});
    };
    const auto fail = [](const Fields&, const KeyHome&) { throw std::runtime_error("no memory"); };
    CHECK_THROWS_AS(combiner_.finish(no_homes, fail), std::runtime_error);
  }
  // What comes of a block's records. Each home is told once: it is the number of those told before.
  Combined run(const Pairs& records) {
    leave_unfinished(records);
    const std::string_view text = batch_.block.text();
    Combined result;
    const auto told = [this](std::span<const CombinedRecord> found, KeyHome* homes) {
      for (std::size_t i = 0; i < found.size(); ++i) homes[i] = {homes_told_++, 0};
    };
    const std::uint64_t distinct = combiner_.finish(told, [&](const Fields& fields, const KeyHome& home) {
      const std::string key(text.substr(fields.key_offset, fields.key_bytes));
      CHECK(home_of_.try_emplace(home.shard, key).first->second == key);
      result.distinct.emplace_back(key, text.substr(fields.value_offset, fields.value_bytes));
    });
    CHECK(distinct == result.distinct.size());
    result.records = combiner_.records();
    return result;
  }
  std::uint64_t used_bytes() const { return budget_.used_bytes(); }
  std::uint32_t homes_told() const { return homes_told_; }

 private:
  struct Take {
    Combiner& combiner;
    void operator()(const Fields& fields) const { combiner.take(fields); }
    void operator()(const PlainLines& lines) const { combiner.take(lines); }
  };

  const By by_;
  MemoryBudget budget_;
  KeyHash hash_{1};
  Batch batch_{1 << 17, 1, budget_};
  Combiner combiner_;
  std::uint32_t homes_told_ = 0;
  std::map<std::uint32_t, std::string> home_of_;
};

Combined combine(const Pairs& records, By by) { return Bench(by).run(records); }

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
    for (const By by : kEveryWay) {
      const Combined combined = combine(records, by);
      CHECK(combined.records == records.size());
      CHECK(combined.distinct == expected);
    }
  }
}

TEST_CASE("two keys of a set are known, and of three the first is forgotten, but no value is lost") {
  const auto keys = agreeing(3, [](std::uint32_t hash) { return hash >> (32 - kSetBits); });
  const auto [a, b, c] = std::tie(keys[0], keys[1], keys[2]);
  for (const By by : kEveryWay) {
    CHECK(combine({{a, "1"}, {b, "2"}, {a, "3"}, {b, "4"}}, by).distinct == Pairs{{a, "3"}, {b, "4"}});
    CHECK(combine({{a, "1"}, {b, "2"}, {c, "3"}, {b, "4"}, {c, "5"}, {a, "6"}}, by).distinct ==
          Pairs{{a, "1"}, {b, "4"}, {c, "5"}, {a, "6"}});
  }
}

TEST_CASE("keys with the same hash are not taken for each other") {
  const auto keys = agreeing(2, [](std::uint32_t hash) { return hash; });
  const auto& a = keys[0];
  const auto& b = keys[1];
  for (const By by : kEveryWay) {
    CHECK(combine({{a, "1"}, {b, "2"}}, by).distinct == Pairs{{a, "1"}, {b, "2"}});
    CHECK(testing::last_values(combine({{a, "1"}, {b, "2"}, {a, "3"}, {b, "4"}, {b, "5"}}, by).distinct) ==
          testing::last_values({{a, "3"}, {b, "5"}}));
  }
}

TEST_CASE("keys of which a block has two records each stay known for the next one, but not their values") {
  for (const By by : kEveryWay) {
    Bench bench(by);
    CHECK(bench.run({{"a", "1"}, {"b", "2"}, {"a", "3"}, {"a", "4"}, {"b", "5"}, {"b", "6"}}).distinct ==
          Pairs{{"a", "4"}, {"b", "6"}});
    CHECK(bench.run({{"c", "7"}, {"b", ""}, {"c", "8"}}).distinct == Pairs{{"b", ""}, {"c", "8"}});
    CHECK(bench.homes_told() == 3);
    CHECK(bench.run({}).distinct == Pairs{});
    bench.run({{"a", "9"}});
    CHECK(bench.homes_told() == 4);
  }
}

TEST_CASE("keys longer than 16 bytes do not stay known") {
  const std::string longer(17, 'k');
  for (const By by : kEveryWay) {
    Bench bench(by);
    for (const std::string value : {"1", "2"}) {
      Pairs records{{"a", "0"}, {longer, "0"}};
      records.insert(records.end(), 8, {"a", value});
      records.emplace_back(longer, value);
      CHECK(bench.run(records).distinct == Pairs{{"a", value}, {longer, value}});
    }
    CHECK(bench.homes_told() == 4);
  }
}

TEST_CASE("what a block left that could not be finished is forgotten") {
  for (const By by : kEveryWay) {
    Bench bench(by);
    bench.run({{"a", "1"}, {"a", "2"}, {"a", "3"}, {"a", "4"}});
    bench.fail_in_finish({{"b", "5"}, {"a", "6"}, {"a", "7"}, {"a", "8"}, {"a", "9"}});
    CHECK(bench.run({{"c", "0"}}).distinct == Pairs{{"c", "0"}});
    bench.leave_unfinished({{"d", "1"}});
    CHECK(bench.run({{"c", "2"}}).distinct == Pairs{{"c", "2"}});
  }
}

TEST_CASE("where memory is scarce, the list of a block of new keys is given back") {
  Pairs unique;
  for (int i = 0; i < 4000; ++i) unique.emplace_back("key" + std::to_string(i), "");
  const auto kept_by = [&](std::uint64_t memory_bytes) {
    Bench bench(By::kLines, memory_bytes);
    const std::uint64_t before = bench.used_bytes();
    bench.run(unique);
    CHECK(bench.run({{"key1", "1"}}).distinct == Pairs{{"key1", "1"}});
    return bench.used_bytes() - before;
  };
  constexpr std::size_t kListBytes = 4000 * sizeof(CombinedRecord);
  CHECK(kept_by(UINT64_MAX) >= kListBytes);
  CHECK(kept_by(std::uint64_t{1} << 20) < kListBytes / 10);
}

TEST_CASE("keys that drive each other out of their sets, also within a group, and those with the same hash, keep all") {
  std::mt19937 random(12);
  std::vector<std::string> keys = agreeing(2, [](std::uint32_t hash) { return hash; });
  for (int i = 0; i < 8; ++i) keys.push_back("key " + std::to_string(i));
  for (const int set_bits : {1, 2, 12}) {
    for (const By by : kEveryWay) {
      Bench bench(by, UINT64_MAX, set_bits);
      for (int block = 0; block < 50; ++block) {
        Pairs records;
        for (int i = 0; i < 200; ++i) records.emplace_back(keys[random() % keys.size()], std::to_string(i));
        CHECK(testing::last_values(bench.run(records).distinct) == testing::last_values(records));
      }
    }
  }
}

TEST_CASE("block by block, however taken, the last values are those of all records") {
  std::mt19937 random(11);
  for (const std::size_t keys : {10u, 300u, 9000u}) {
    Bench by_records(By::kRecords);
    Bench by_lines(By::kLines);
    Bench by_quoted_lines(By::kQuotedLines);
    for (int block = 0; block < 12; ++block) {
      Pairs records;
      for (int i = 0; i < 4000; ++i) {
        std::string key = std::to_string(random() % keys);
        if (block % 5 == 4 && i % 50 == 0) key += " longer than 16 bytes";
        records.emplace_back(key, std::to_string(random() % 100));
      }
      const auto expected = testing::last_values(records);
      CHECK(testing::last_values(by_records.run(records).distinct) == expected);
      CHECK(testing::last_values(by_lines.run(records).distinct) == expected);
      CHECK(testing::last_values(by_quoted_lines.run(records).distinct) == expected);
    }
  }
}

}  // namespace combiner_test
