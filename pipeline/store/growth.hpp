// How many keys a shard will hold in the end, judged by what it has seen so far.
#pragma once

#include <cstddef>
#include <cstdint>

namespace shardflow {

// What a shard knows when its table is full.
struct GrowthState {
  std::size_t keys;       // distinct keys so far
  std::uint64_t records;  // records so far, repeats included
  double input_share;     // of the whole input, 0 to 1; 0: unknown
};

// The number of keys to expect in the end; half as many again as there are where nobody knows.
//
// Keys are taken to be drawn evenly from an unknown number of them, K: r draws then show
// n = K (1 - exp(-r / K)) different ones. K comes from n and r, the final count from K and the records
// still to come. Where every key is new, K is infinite and the table is made for all the input in one
// step; where keys repeat, it is not made for keys that never come.
std::size_t expected_keys(const GrowthState& state);

// The number of keys to make the table for: as many, but at least 1.25 and at most 16 times the present one, which
// bounds what a wrong guess can cost: input that starts with new keys and then repeats them.
std::size_t planned_keys(const GrowthState& state);

}  // namespace shardflow
