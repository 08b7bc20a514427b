#include "pipeline/store/digest.hpp"

#include <array>
#include <cstdio>
#include <cstring>

#include "pipeline/store/key_hash.hpp"

namespace shardflow {

Digest& Digest::operator+=(const Digest& other) {
  low += other.low;
  high += other.high + (low < other.low ? 1 : 0);
  return *this;
}

std::string Digest::hex() const {
  std::array<char, 33> text;
  std::snprintf(text.data(), text.size(), "%016llx%016llx", static_cast<unsigned long long>(high),
                static_cast<unsigned long long>(low));
  return text.data();
}

Digest digest_of_padded(std::string_view key, std::string_view value) {
  // Two functions of 64 bits; the seeds are arbitrary, and part of what a digest means.
  static const KeyHash first(1);
  static const KeyHash second(2);
  const std::array<std::uint64_t, 4> hashes{first.padded(key), second.padded(key), first.padded(value),
                                            second.padded(value)};
  std::array<char, sizeof hashes + KeyHash::kPaddingBytes> bytes{};
  std::memcpy(bytes.data(), hashes.data(), sizeof hashes);
  const std::string_view both(bytes.data(), sizeof hashes);
  return {first.padded(both), second.padded(both)};
}

}  // namespace shardflow
