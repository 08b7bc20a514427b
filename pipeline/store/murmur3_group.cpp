#include "pipeline/store/murmur3_group.hpp"

#include <algorithm>
#include <cstring>

#include "pipeline/store/murmur3.hpp"

namespace shardflow {
namespace {

constexpr std::size_t kWords = KeyGroup::kMostBytes / 4;

// A word behind a key's end is zero, and so is its scramble: it changes nothing.
void hash_one_by_one(const KeyGroup& keys, KeyGroup::Each& hashes) {
  for (std::size_t i = 0; i < KeyGroup::kKeys; ++i) {
    std::uint32_t state = 0;
    std::array<std::uint32_t, kWords> words;
    std::memcpy(words.data(), &keys.keys[i], sizeof words);
    for (std::uint32_t word = 0; word < kWords; ++word) {
      const std::uint32_t mixed = state ^ murmur3::scramble(words[word]);
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
[[gnu::always_inline]] inline void load(Lanes& lanes, const void* from) { std::memcpy(&lanes, from, sizeof lanes); }
[[gnu::always_inline]] inline void rotate(Lanes& lanes, int bits) { lanes = lanes << bits | lanes >> (32 - bits); }

// Of eight keys the first words, the second ones, and so on; those of even keys first, because most shuffles stay
// within 16 bytes.
struct Words {
  Lanes of_keys[kWords];

  [[gnu::always_inline]] explicit Words(const Words16* keys) {
    Lanes a;  // two keys
    Lanes b;
    Lanes c;
    Lanes d;
    load(a, keys);
    load(b, keys + 2);
    load(c, keys + 4);
    load(d, keys + 6);
    const Lanes low_0 = __builtin_shufflevector(a, b, 0, 8, 1, 9, 4, 12, 5, 13);
    const Lanes low_1 = __builtin_shufflevector(c, d, 0, 8, 1, 9, 4, 12, 5, 13);
    const Lanes high_0 = __builtin_shufflevector(a, b, 2, 10, 3, 11, 6, 14, 7, 15);
    const Lanes high_1 = __builtin_shufflevector(c, d, 2, 10, 3, 11, 6, 14, 7, 15);
    of_keys[0] = __builtin_shufflevector(low_0, low_1, 0, 1, 8, 9, 4, 5, 12, 13);
    of_keys[1] = __builtin_shufflevector(low_0, low_1, 2, 3, 10, 11, 6, 7, 14, 15);
    of_keys[2] = __builtin_shufflevector(high_0, high_1, 0, 1, 8, 9, 4, 5, 12, 13);
    of_keys[3] = __builtin_shufflevector(high_0, high_1, 2, 3, 10, 11, 6, 7, 14, 15);
  }
};
[[gnu::always_inline]] inline void even_first(Lanes& lanes) {
  lanes = __builtin_shufflevector(lanes, lanes, 0, 2, 4, 6, 1, 3, 5, 7);
}
[[gnu::always_inline]] inline void in_order(Lanes& lanes) {
  lanes = __builtin_shufflevector(lanes, lanes, 0, 4, 1, 5, 2, 6, 3, 7);
}

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
  even_first(bytes);
  const Words words(keys.keys.data() + first);
  Lanes state{};
#pragma GCC unroll 4
  for (std::size_t word = 0; word < kWords; ++word) {
    Lanes mixed = words.of_keys[word];
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
  in_order(state);
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
