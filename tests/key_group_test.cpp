// Short keys, many at once.
#include "pipeline/store/key_group.hpp"

#include <doctest/doctest.h>

#include <random>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "tests/testing.hpp"

namespace key_group_test {

using namespace shardflow;
using testing::Padded;

namespace {

bool operator==(const Words16& a, const Words16& b) { return a.low == b.low && a.high == b.high; }

}  // namespace

TEST_CASE("every way lists the keys of lines and hashes them as one by one, for all lengths, from any line on") {
  std::mt19937_64 random(1);
  const KeyHash hash(1);
  for (std::size_t count = 1; count <= KeyGroup::kKeys; ++count) {
    std::string text = "a line before\n";
    const auto begin = static_cast<std::uint32_t>(text.size());
    std::vector<std::string> keys;
    std::vector<std::uint32_t> separators;
    std::vector<std::uint32_t> ends;
    const std::string quote(count % 2, '"');
    for (std::size_t i = 0; i < count; ++i) {
      std::string& key = keys.emplace_back(1 + random() % KeyGroup::kMostBytes, '\0');
      for (char& c : key) c = static_cast<char>(random());
      text += quote + key + quote;
      separators.push_back(static_cast<std::uint32_t>(text.size()));
      text += "\t" + std::string(random() % 20, 'v');
      ends.push_back(static_cast<std::uint32_t>(text.size()));
      text += '\n';
    }
    const Padded padded(text);
    for (const KeyGroupWay& way : key_group_ways()) {
      if (!way.supported) continue;
      CAPTURE(way.name);
      KeyGroup group;
      KeyGroup::Each hashes{};
      way.list(padded.view().data(),
               {begin, separators, ends, ends, KeyGroup::kMostBytes, {static_cast<std::uint32_t>(quote.size()), 0}},
               group);
      way.quick_hash(group, hash, hashes);
      for (std::size_t i = 0; i < count; ++i) {
        const Words16 expected = load_masked(Padded(keys[i]).view().data(), keys[i].size());
        CHECK(group.keys[i] == expected);
        CHECK(group.bytes[i] == keys[i].size());
        CHECK(hashes[i] == slot_hash(hash.quick(expected)));
      }
    }
  }
  CHECK(key_group_ways().back().supported);
}

TEST_CASE("the quick hash tells keys apart wherever they differ") {
  const KeyHash hash(1);
  for (std::size_t at = 0; at < KeyGroup::kMostBytes; ++at) {
    CAPTURE(at);
    std::set<std::uint32_t> hashes;
    std::string key(KeyGroup::kMostBytes, '0');
    for (int value = 0; value < 256; ++value) {
      key[at] = static_cast<char>(value);
      hashes.insert(slot_hash(hash.quick(load_masked(key.data(), key.size()))));
    }
    CHECK(hashes.size() == 256);
  }
}

}  // namespace key_group_test
