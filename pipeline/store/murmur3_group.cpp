#include "pipeline/store/murmur3_group.hpp"

#include <algorithm>
#include <cstring>

#include "pipeline/store/murmur3.hpp"

namespace shardflow {
namespace {

// A word behind a key's end is zero, and so is its scramble: it changes nothing.
void hash_one_by_one(const KeyGroup& keys, KeyGroup::Each& hashes) {
  for (std::size_t i = 0; i < KeyGroup::kKeys; ++i) {
    std::uint32_t state = 0;
    for (std::uint32_t word = 0; word < KeyGroup::kMostBytes / 4; ++word) {
      const std::uint32_t mixed = state ^ murmur3::scramble(keys.words[word][i]);
      state = keys.bytes[i] >= 4 * word + 4 ? murmur3::advance(mixed) : mixed;
    }
    hashes[i] = murmur3::finalize(state ^ keys.bytes[i]);
  }
}

#if defined(__x86_64__)

// One word of eight keys. The compiler makes of it what the processor has that a function is for.
constexpr std::size_t kLanes = 8;
using Lanes = std::uint32_t __attribute__((vector_size(4 * kLanes)));
using SignedLanes = std::int32_t __attribute__((vector_size(4 * kLanes)));

// By reference: how such a vector is passed or returned by value depends on the processor.
[[gnu::always_inline]] inline void load(Lanes& lanes, const std::uint32_t* from) {
  std::memcpy(&lanes, from, sizeof lanes);
}
[[gnu::always_inline]] inline void rotate(Lanes& lanes, int bits) { lanes = lanes << bits | lanes >> (32 - bits); }

// The functions of murmur3.hpp, for all keys.
[[gnu::always_inline]] inline void scramble(Lanes& words) {
  words *= 0xcc9e2d51u;
  rotate(words, 15);
  words *= 0x1b873593u;
}
[[gnu::always_inline]] inline void finalize(Lanes& hashes) {
  hashes = (hashes ^ (hashes >> 16)) * 0x85ebca6bu;
  hashes = (hashes ^ (hashes >> 13)) * 0xc2b2ae35u;
  hashes ^= hashes >> 16;
}

[[gnu::always_inline]] inline void hash_lanes(const KeyGroup& keys, std::size_t first, KeyGroup::Each& hashes) {
  Lanes bytes;
  load(bytes, keys.bytes.data() + first);
  Lanes state{};
#pragma GCC unroll 4
  for (std::size_t word = 0; word < KeyGroup::kMostBytes / 4; ++word) {
    Lanes mixed;
    load(mixed, keys.words[word].data() + first);
    scramble(mixed);
    mixed ^= state;
    Lanes advanced = mixed;
    rotate(advanced, 13);
    advanced = advanced * 5 + 0xe6546b64u;
    // Signed, because that is what older processors compare.
    const SignedLanes whole = reinterpret_cast<SignedLanes&>(bytes) > static_cast<std::int32_t>(4 * word + 3);
    state = whole ? advanced : mixed;
  }
  state ^= bytes;
  finalize(state);
  std::memcpy(hashes.data() + first, &state, sizeof state);
}

[[gnu::always_inline]] inline void hash_all(const KeyGroup& keys, KeyGroup::Each& hashes) {
  for (std::size_t i = 0; i < KeyGroup::kKeys; i += kLanes) hash_lanes(keys, i, hashes);
}

__attribute__((target("avx2"))) void hash_avx2(const KeyGroup& keys, KeyGroup::Each& hashes) { hash_all(keys, hashes); }

__attribute__((target("avx512f,avx512vl,avx512bw,avx512dq"))) void hash_avx512(const KeyGroup& keys,
                                                                               KeyGroup::Each& hashes) {
  hash_all(keys, hashes);
}

#endif

}  // namespace

std::span<const Murmur3OfGroup> murmur3_of_group_ways() {
  static const std::array kWays {
#if defined(__x86_64__)
    Murmur3OfGroup{
        "AVX-512",
        __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512dq"),
        hash_avx512},
        Murmur3OfGroup{"AVX2", static_cast<bool>(__builtin_cpu_supports("avx2")), hash_avx2},
#endif
        Murmur3OfGroup{"any processor", true, hash_one_by_one},
  };
  return kWays;
}

void murmur3_of_group(const KeyGroup& keys, KeyGroup::Each& hashes) {
  static const auto kBest = std::ranges::find_if(murmur3_of_group_ways(), &Murmur3OfGroup::supported)->hash;
  kBest(keys, hashes);
}

}  // namespace shardflow
