// One number for a whole map, to compare maps by.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace shardflow {

// A 128-bit sum over all records, so that equal maps have equal digests whatever the order, the number
// of shards or of threads. A sum, not an XOR, in which equal pairs would cancel.
struct Digest {
  std::uint64_t high = 0;
  std::uint64_t low = 0;

  Digest& operator+=(const Digest& other);
  bool operator==(const Digest&) const = default;
  std::string hex() const;  // 32 hexadecimal digits
};

// The digest of one record: of its bytes alone, so the same in every run and on every machine.
// REQUIRES: KeyHash::kPaddingBytes readable bytes behind the key and behind the value.
Digest digest_of_padded(std::string_view key, std::string_view value);

}  // namespace shardflow
