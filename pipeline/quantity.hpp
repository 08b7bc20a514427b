// Numbers as people write them: 64MiB, 5M.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace shardflow {

// A count: digits with an optional fraction and k, M or G (powers of 1,000), of which a whole number comes out.
// Throws std::invalid_argument naming the text for anything else, and for what 64 bits can't hold.
std::uint64_t parse_count(std::string_view text);

// A size in bytes: likewise, with B, kB, MB, GB (powers of 1,000) or KiB, MiB, GiB, or K, M, G (powers of 1,024).
std::uint64_t parse_bytes(std::string_view text);

// The same number in the shortest form that parse_bytes reads back exactly: 256KiB, 1000.
std::string format_bytes(std::uint64_t bytes);

}  // namespace shardflow
