// Short keys, many at once: what is done to each of them is done to several in vector registers.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include "pipeline/input/plain_lines.hpp"
#include "pipeline/store/bytes.hpp"
#include "pipeline/store/key_hash.hpp"

namespace shardflow {

// Keys of at most 16 bytes.
struct KeyGroup {
  // Many: a vector of what was stored one by one can be loaded only once it is all in the cache, and for the first of
  // 64 keys it is by the time the last is there.
  static constexpr std::size_t kKeys = 64;
  static constexpr std::size_t kMostBytes = sizeof(Words16);

  using Each = std::array<std::uint32_t, kKeys>;
  alignas(64) std::array<Words16, kKeys> keys{};  // zero behind each one's end
  alignas(64) Each bytes{};
};

// A way to do both, for the processors that have its instructions.
struct KeyGroupWay {
  const char* name;
  bool supported;  // here
  // The lines' keys; behind them the group has what it had. REQUIRES: at most kKeys lines, of which no key is longer
  // than kMostBytes; 16 readable bytes behind the text.
  void (*list)(const char* text, const PlainLines& lines, KeyGroup& group);
  // slot_hash(hash.quick(key)) of each key.
  void (*quick_hash)(const KeyGroup& group, const KeyHash& hash, KeyGroup::Each& hashes);
};

// The best first; the last one is supported everywhere.
std::span<const KeyGroupWay> key_group_ways();

// The best that this processor has.
const KeyGroupWay& key_group_way();

}  // namespace shardflow
