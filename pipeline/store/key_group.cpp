#include "pipeline/store/key_group.hpp"

#include <algorithm>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace shardflow {
namespace {

// The lists of lines by address: or the compiler looks for each of them again at each key.
template <class Load>
[[gnu::always_inline]] inline void list_keys(const char* text, const PlainLines& lines, KeyGroup& group) {
  const std::uint32_t* const separators = lines.separators.data();
  const std::uint32_t* const ends = lines.ends.data();
  const std::size_t count = lines.count();
  const std::uint32_t quote = lines.quotes.of_key;
  std::uint32_t behind_quotes = lines.begin + 2 * quote;  // where the line's separator were, had it no key
  for (std::size_t i = 0; i < count; ++i) {
    const std::uint32_t bytes = separators[i] - behind_quotes;
    Load::key(text + behind_quotes - quote, bytes, group.keys[i]);
    group.bytes[i] = bytes;
    behind_quotes = ends[i] + 1 + 2 * quote;
  }
}

struct LoadAnywhere {
  static void key(const char* at, std::uint32_t bytes, Words16& words) { words = load_masked(at, bytes); }
};

void list_anywhere(const char* text, const PlainLines& lines, KeyGroup& group) {
  list_keys<LoadAnywhere>(text, lines, group);
}

void quick_hash_anywhere(const KeyGroup& group, const KeyHash& hash, KeyGroup::Each& hashes) {
  const KeyHash hasher = hash;
  for (std::size_t i = 0; i < KeyGroup::kKeys; ++i) hashes[i] = slot_hash(hasher.quick(group.keys[i]));
}

#if defined(__x86_64__)

struct LoadAvx512 {
  __attribute__((target("avx512bw,avx512vl,bmi2"))) static void key(const char* at, std::uint32_t bytes,
                                                                    Words16& words) {
    const auto mask = static_cast<__mmask16>(_bzhi_u32(0xffff, bytes));
    _mm_store_si128(reinterpret_cast<__m128i*>(&words), _mm_maskz_loadu_epi8(mask, at));
  }
};

[[gnu::flatten]] __attribute__((target("avx512bw,avx512vl,bmi2"))) void list_avx512(const char* text,
                                                                                    const PlainLines& lines,
                                                                                    KeyGroup& group) {
  list_keys<LoadAvx512>(text, lines, group);
}

// Eight keys at a time: the products of their low words and of their high words are sorted apart, and added.
__attribute__((target("avx512f,avx512dq"))) void quick_hash_avx512(const KeyGroup& group, const KeyHash& hash,
                                                                   KeyGroup::Each& hashes) {
  // Without a mask, g++ 12 warns of the intrinsics' own undefined operands.
  constexpr __mmask8 kAll = 0xff;
  const Words16 pair = hash.quick_factors();
  const __m512i factors = _mm512_maskz_broadcast_i64x2(kAll, _mm_loadu_si128(reinterpret_cast<const __m128i*>(&pair)));
  const __m512i low = _mm512_set_epi64(14, 12, 10, 8, 6, 4, 2, 0);
  const __m512i high = _mm512_set_epi64(15, 13, 11, 9, 7, 5, 3, 1);
  for (std::size_t i = 0; i < KeyGroup::kKeys; i += 8) {
    const __m512i a = _mm512_mullo_epi64(_mm512_load_si512(&group.keys[i]), factors);
    const __m512i b = _mm512_mullo_epi64(_mm512_load_si512(&group.keys[i + 4]), factors);
    const __m512i sums = _mm512_add_epi64(_mm512_permutex2var_epi64(a, low, b), _mm512_permutex2var_epi64(a, high, b));
    const __m512i mixed = _mm512_xor_si512(sums, _mm512_maskz_slli_epi64(kAll, sums, KeyHash::kQuickShift));
    _mm512_mask_cvtepi64_storeu_epi32(&hashes[i], kAll, _mm512_maskz_srli_epi64(kAll, mixed, 32));
  }
}

#endif

}  // namespace

std::span<const KeyGroupWay> key_group_ways() {
  static const std::array kWays {
#if defined(__x86_64__)
    KeyGroupWay{"AVX-512",
                __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512bw") &&
                    __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("bmi2"),
                list_avx512, quick_hash_avx512},
#endif
        KeyGroupWay{"any processor", true, list_anywhere, quick_hash_anywhere},
  };
  return kWays;
}

const KeyGroupWay& key_group_way() {
  static const KeyGroupWay& best = *std::ranges::find_if(key_group_ways(), &KeyGroupWay::supported);
  return best;
}

}  // namespace shardflow
