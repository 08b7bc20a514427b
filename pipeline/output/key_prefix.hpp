// Keys as numbers, a part at a time.
#pragma once

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

#include "pipeline/store/arena.hpp"
#include "pipeline/store/entry.hpp"

namespace shardflow {

inline constexpr std::size_t kPrefixBytes = sizeof(std::uint64_t);

// kPrefixBytes of an entry's key from `offset` on, as a number that is ordered as they are; zeros for those that the
// key has not.
inline std::uint64_t key_prefix(const char* entry, std::size_t offset) {
  static_assert(std::endian::native == std::endian::little && entry::kSlackBytes >= kPrefixBytes);
  const entry::Header header = entry::read(entry);
  if (offset >= header.key_bytes) return 0;
  const std::size_t missing = kPrefixBytes - std::min(header.key_bytes - offset, kPrefixBytes);
  std::uint64_t word;
  std::memcpy(&word, entry + header.header_bytes + offset, sizeof word);
  return __builtin_bswap64(word) >> 8 * missing << 8 * missing;
}

// What both begin with. An empty view without data is none: the other one.
inline std::string_view common_prefix(std::string_view a, std::string_view b) {
  if (a.data() == nullptr || b.data() == nullptr) return a.data() == nullptr ? b : a;
  const std::size_t bytes = std::min(a.size(), b.size());
  if (std::memcmp(a.data(), b.data(), bytes) == 0) return a.substr(0, bytes);  // as it mostly is
  return {a.begin(), std::ranges::mismatch(a, b).in1};
}

}  // namespace shardflow
