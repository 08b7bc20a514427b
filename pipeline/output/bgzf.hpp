// BGZF: gzip whose members tell how long they are, so that they can be decoded in parallel. SAM/BAM format
// specification, section 4.1; any gzip reads it.
#pragma once

#include <cstddef>

namespace shardflow::bgzf {

// A member has 16 bits for its length, and so holds little; bgzip(1) puts no more than kTextBytes into one, so that
// what can't be compressed still fits.
inline constexpr std::size_t kMostMemberBytes = std::size_t{1} << 16;
inline constexpr std::size_t kMostTextBytes = std::size_t{1} << 16;
inline constexpr std::size_t kTextBytes = 0xff00;

}  // namespace shardflow::bgzf
