// Copying and comparing the short runs of bytes that keys and values are, where a call of memcpy or
// memcmp costs more than its work.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>

namespace shardflow {

// Copies in 16-byte steps. REQUIRES: 15 more bytes than `bytes` may be read at `from` and written at `to`.
inline void copy_padded(char* to, const char* from, std::size_t bytes) {
  for (std::size_t done = 0; done < bytes; done += 16) std::memcpy(to + done, from + done, 16);
}

inline bool equal_bytes(const char* a, const char* b, std::size_t bytes) {
  const auto differ64 = [&](std::size_t at) {
    std::uint64_t x, y;
    std::memcpy(&x, a + at, 8);
    std::memcpy(&y, b + at, 8);
    return x ^ y;
  };
  if (bytes - 8 <= 8) return (differ64(0) | differ64(bytes - 8)) == 0;  // 8 to 16 bytes
  return std::memcmp(a, b, bytes) == 0;
}

}  // namespace shardflow
