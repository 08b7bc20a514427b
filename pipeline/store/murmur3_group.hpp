// MurmurHash3_x86_32 of several short keys at once: each step of the hash is done for all of them, in vector registers.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include "pipeline/store/bytes.hpp"

namespace shardflow {

// Keys of at most 16 bytes, each as words; behind its end they are zero.
struct KeyGroup {
  // Many: a vector of words that were stored one by one can be loaded only once they are all in the cache, and for the
  // first of 64 keys they are by the time the last is there.
  static constexpr std::size_t kKeys = 64;
  static constexpr std::size_t kMostBytes = 16;

  using Each = std::array<std::uint32_t, kKeys>;
  alignas(64) std::array<Each, kMostBytes / 4> words{};
  alignas(64) Each bytes{};

  void set(std::size_t i, const Words16& key, std::uint32_t key_bytes) {
    words[0][i] = static_cast<std::uint32_t>(key.low);
    words[1][i] = static_cast<std::uint32_t>(key.low >> 32);
    words[2][i] = static_cast<std::uint32_t>(key.high);
    words[3][i] = static_cast<std::uint32_t>(key.high >> 32);
    bytes[i] = key_bytes;
  }
};

// A way to hash a group, for the processors that have its instructions.
struct Murmur3OfGroup {
  const char* name;
  bool supported;  // here
  // As murmur3_x86_32_padded(key, 0), of each key.
  void (*hash)(const KeyGroup& keys, KeyGroup::Each& hashes);
};

// The best first; the last one is supported everywhere.
std::span<const Murmur3OfGroup> murmur3_of_group_ways();

// The best that this processor has.
void murmur3_of_group(const KeyGroup& keys, KeyGroup::Each& hashes);

}  // namespace shardflow
