// The table's hash: 64 bits, keyed with secrets that are drawn afresh for every store.
//
// It is not the partition's murmur3, for two reasons. All keys of a shard agree in murmur3 % shards, so
// its bits choose slots badly. And murmur3 can be broken for every seed at once (Aumasson and Bernstein,
// 2012), so that anyone could prepare keys which all fall into one slot; against a secret they can't.
//
// The mixing is wyhash's (Wang Yi, public domain, https://github.com/wangyi-fudan/wyhash): a 64x64-bit
// product, folded; two of them a key of up to 16 bytes.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "pipeline/store/bytes.hpp"

namespace shardflow {

// Of a KeyHash, what a table keeps: as many bits as place a key and, nearly always, tell it from the others of its
// place; twice as many would double the table.
inline std::uint32_t slot_hash(std::uint64_t hash) { return static_cast<std::uint32_t>(hash >> 32); }

class KeyHash {
 public:
  // quick() mixes into each bit the one so many below.
  static constexpr int kQuickShift = 17;

  // Reading a key may touch this many bytes behind it.
  static constexpr std::size_t kPaddingBytes = 16;

  // Secrets from the system's random source. Throws IoError if there is none.
  KeyHash();
  // Secrets from a seed: reproducible, so for tests and benchmarks alone.
  explicit KeyHash(std::uint64_t seed);

  // REQUIRES: kPaddingBytes readable bytes behind the key.
  std::uint64_t padded(std::string_view key) const {
    const char* at = key.data();
    std::size_t left = key.size();
    std::uint64_t state = secrets_[0] ^ left;
    for (; left > 16; at += 16, left -= 16) state = fold(load64(at) ^ secrets_[1], load64(at + 8) ^ state);
    return end(load_masked(at, left), state, key.size());
  }

  // Of a key of at most 16 bytes, which load_masked gave.
  std::uint64_t of_short(const Words16& key, std::size_t bytes) const { return end(key, secrets_[0] ^ bytes, bytes); }

  // Of a key that load_masked gave, another hash, of less mixing (multiply-shift: Dietzfelbinger, "Universal hashing
  // and k-wise independent random variables via integer arithmetic without primes", 1996), whose high half tells most:
  // for what a key that was prepared to collide can do no harm. Of keys that differ in a few digits, the products'
  // upper bits are too alike for some factors: in the upper half, lower ones are mixed into them.
  std::uint64_t quick(const Words16& key) const {
    const Words16 factors = quick_factors();
    const std::uint64_t sum = key.low * factors.low + key.high * factors.high;
    return sum ^ sum << kQuickShift;
  }
  Words16 quick_factors() const { return {secrets_[1] | 1, secrets_[0] | 1}; }

 private:
  std::uint64_t end(const Words16& last, std::uint64_t state, std::size_t bytes) const {
    return fold(fold(last.low ^ secrets_[1], last.high ^ state) ^ secrets_[2], secrets_[3] ^ bytes);
  }

  static std::uint64_t fold(std::uint64_t a, std::uint64_t b) {
    __extension__ using Product = unsigned __int128;
    const Product product = static_cast<Product>(a) * b;
    return static_cast<std::uint64_t>(product) ^ static_cast<std::uint64_t>(product >> 64);
  }

  std::array<std::uint64_t, 4> secrets_;
};

}  // namespace shardflow
