// The clock that all times in the library are told by.
#pragma once

#include <chrono>
#include <cstdint>

namespace shardflow {

// Nanoseconds since an arbitrary moment; never runs backwards.
inline std::int64_t steady_ns() {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(std::chrono::steady_clock::now().time_since_epoch())
      .count();
}

}  // namespace shardflow
