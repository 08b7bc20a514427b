#include "pipeline/store/key_hash.hpp"

#include <doctest/doctest.h>
#include <murmurhash.h>

#include <array>
#include <bit>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "tests/testing.hpp"

namespace key_hash_test {

using namespace shardflow;
using testing::Padded;

namespace {

std::uint64_t hash_of(const KeyHash& hash, std::string_view key) { return hash.padded(Padded(key).view()); }

constexpr std::uint32_t kFirst = 0xcc9e2d51;  // murmur3's multipliers
constexpr std::uint32_t kSecond = 0x1b873593;

// Odd numbers have an inverse modulo 2^32; Newton's iteration doubles the right bits.
std::uint32_t inverse(std::uint32_t odd) {
  std::uint32_t x = odd;
  for (int i = 0; i < 5; ++i) x *= 2 - odd * x;
  return x;
}

// The four bytes that murmur3's scrambling turns into `word`.
std::string unscramble(std::uint32_t word) {
  const std::uint32_t bytes = std::rotr(word * inverse(kSecond), 15) * inverse(kFirst);
  return {reinterpret_cast<const char*>(&bytes), sizeof bytes};
}

bool is_text(const std::string& bytes) { return bytes.find_first_of("\t\n\r") == std::string::npos; }

// Two blocks of 8 bytes after which murmur3's state is the same, whatever it was before: a difference in
// bit 18 becomes one in bit 31 alone (rotated by 13; 5 * 2^31 = 2^31), and the second word cancels it.
std::array<std::string, 2> colliding_blocks(std::mt19937& random) {
  for (;;) {
    const auto a = static_cast<std::uint32_t>(random());
    const auto b = static_cast<std::uint32_t>(random());
    std::array<std::string, 2> blocks{unscramble(a) + unscramble(b),
                                      unscramble(a ^ (1u << 18)) + unscramble(b ^ (1u << 31))};
    if (is_text(blocks[0]) && is_text(blocks[1])) return blocks;
  }
}

// 2^pairs keys of 8 * pairs bytes that agree in all 32 bits for every seed.
std::vector<std::string> colliding_keys(int pairs) {
  std::mt19937 random(7);
  std::vector<std::string> keys{""};
  for (int i = 0; i < pairs; ++i) {
    const auto blocks = colliding_blocks(random);
    std::vector<std::string> longer;
    for (const std::string& key : keys) {
      for (const std::string& block : blocks) longer.push_back(key + block);
    }
    keys = std::move(longer);
  }
  return keys;
}

}  // namespace

TEST_CASE("the table's hash depends on its seed, the key's bytes and its length, on nothing behind it") {
  const KeyHash hash(1);
  CHECK(hash_of(hash, "key") == hash_of(KeyHash(1), "key"));
  CHECK(hash_of(hash, "key") != hash_of(KeyHash(2), "key"));
  CHECK(hash_of(hash, "key") != hash_of(hash, std::string("key\0", 4)));
  CHECK(hash_of(KeyHash(), "key") != hash_of(KeyHash(), "key"));
  const std::string longer = "key and what follows it in the block, 64 bytes of it, or some more";
  CHECK(hash.padded(std::string_view(longer).substr(0, 3)) == hash_of(hash, "key"));
}

TEST_CASE("keys of every length that differ in one bit differ in their hash") {
  const KeyHash hash(1);
  for (std::size_t length = 1; length <= 50; ++length) {
    const std::string key(length, 'k');
    std::set<std::uint64_t> hashes{hash_of(hash, key)};
    for (std::size_t bit = 0; bit < 8 * length; ++bit) {
      std::string other = key;
      other[bit / 8] = static_cast<char>(other[bit / 8] ^ (1 << (bit % 8)));
      hashes.insert(hash_of(hash, other));
    }
    CHECK(hashes.size() == 8 * length + 1);
  }
}

TEST_CASE("the high bits, which choose the slot, are even for sequential keys") {
  const KeyHash hash(1);
  constexpr int kBins = 256;
  constexpr int kKeys = 100 * kBins;
  std::array<int, kBins> counts{};
  for (int i = 0; i < kKeys; ++i) ++counts[hash_of(hash, "key" + std::to_string(i)) >> 56];
  double chi_square = 0;
  for (const int count : counts) chi_square += (count - 100.0) * (count - 100.0) / 100.0;
  // 255 degrees of freedom: mean 255, deviation 22.6; five deviations are no accident.
  CHECK(chi_square < 255 + 5 * 22.6);
  CHECK(chi_square > 255 - 5 * 22.6);
}

TEST_CASE("the quick hash's high bits are as good as random for sequential keys, whatever the secrets") {
  constexpr std::size_t kSets = std::size_t{1} << 14;
  constexpr int kKeys = 10'000;
  for (std::uint64_t seed = 0; seed < 200; ++seed) {
    const KeyHash hash(seed);
    std::vector<bool> taken(kSets);
    for (int i = 0; i < kKeys; ++i) {
      const testing::Padded key("station-" + std::to_string(10 * kKeys + i));
      taken[hash.quick(load_masked(key.view().data(), key.view().size())) >> 50] = true;
    }
    // At random, 7,486 of the sets get a key, give or take 42.
    CHECK(std::ranges::count(taken, true) > 6900);
  }
}

TEST_CASE("keys made to collide in murmur3 for every seed all reach one shard, and its table does not care") {
  const std::vector<std::string> keys = colliding_keys(12);
  REQUIRE(keys.size() == 4096);
  for (const std::uint32_t seed : {0u, 1u, 0xdeadbeefu}) {
    std::set<std::uint32_t> murmurs;
    for (const std::string& key : keys) {
      std::uint32_t murmur = 0;
      lmmh_x86_32(key.data(), static_cast<std::uint32_t>(key.size()), seed, &murmur);
      murmurs.insert(murmur);
    }
    CHECK(murmurs.size() == 1);
  }
  const KeyHash hash(1);
  std::set<std::uint64_t> hashes;
  testing::Pairs records;
  for (const std::string& key : keys) {
    hashes.insert(hash_of(hash, key));
    records.emplace_back(key, std::to_string(records.size()));
  }
  CHECK(hashes.size() == keys.size());
  CHECK(testing::run_mode("flow", testing::to_tsv(records)).map == testing::last_values(records));
}

}  // namespace key_hash_test
