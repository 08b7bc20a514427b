#include "pipeline/store/murmur3.hpp"

#include <doctest/doctest.h>
#include <murmurhash.h>

#include <random>
#include <string>

#include "pipeline/store/bytes.hpp"
#include "pipeline/store/murmur3_group.hpp"
#include "tests/testing.hpp"

namespace murmur3_test {

using namespace shardflow;
using testing::Padded;

TEST_CASE("murmur3 gives the published values") {
  // From SMHasher's verification and the algorithm's article on Wikipedia.
  const auto hash = [](std::string_view key, std::uint32_t seed) {
    return murmur3_x86_32_padded(Padded(key).view(), seed);
  };
  CHECK(hash("", 0) == 0);
  CHECK(hash("", 1) == 0x514e28b7);
  CHECK(hash("", 0xffffffff) == 0x81f16f39);
  CHECK(hash("test", 0) == 0xba6bd213);
  CHECK(hash("test", 0x9747b28c) == 0x704b81dc);
  CHECK(hash("Hello, world!", 0) == 0xc0363e43);
  CHECK(hash("The quick brown fox jumps over the lazy dog", 0x9747b28c) == 0x2fa826cd);
}

TEST_CASE("murmur3 agrees with libmurmurhash for every length and any bytes") {
  std::mt19937_64 random(1);
  for (std::size_t length = 0; length <= 70; ++length) {
    for (int repeat = 0; repeat < 20; ++repeat) {
      std::string key(length, '\0');
      for (char& c : key) c = static_cast<char>(random());
      const auto seed = static_cast<std::uint32_t>(random());
      std::uint32_t expected = 0;
      lmmh_x86_32(key.data(), static_cast<std::uint32_t>(key.size()), seed, &expected);
      CHECK(murmur3_x86_32_padded(Padded(key).view(), seed) == expected);
    }
  }
}

TEST_CASE("every way to hash a group agrees with murmur3 of each key, for all lengths it takes") {
  std::mt19937_64 random(2);
  for (int repeat = 0; repeat < 200; ++repeat) {
    KeyGroup group;
    KeyGroup::Each expected{};
    for (std::size_t i = 0; i < KeyGroup::kKeys; ++i) {
      std::string key(random() % (KeyGroup::kMostBytes + 1), '\0');
      for (char& c : key) c = static_cast<char>(random());
      const Padded padded(key);
      const Words16 words = load_masked(padded.view().data(), key.size());
      group.keys[i] = words;
      group.bytes[i] = static_cast<std::uint32_t>(key.size());
      expected[i] = murmur3_x86_32_padded(padded.view(), 0);
    }
    for (const Murmur3OfGroup& way : murmur3_of_group_ways()) {
      if (!way.supported) continue;
      CAPTURE(way.name);
      KeyGroup::Each hashes{};
      way.hash(group, hashes);
      CHECK(hashes == expected);
    }
  }
  CHECK(murmur3_of_group_ways().back().supported);
}

}  // namespace murmur3_test
