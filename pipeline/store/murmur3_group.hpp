// MurmurHash3_x86_32 of several short keys at once: each step of the hash is done for all of them, in vector registers.
#pragma once

#include <span>

#include "pipeline/store/key_group.hpp"

namespace shardflow {

// A way to hash a group, for the processors that have its instructions.
struct Murmur3OfGroup {
  const char* name;
  bool supported;  // here
  // As murmur3_x86_32_padded(key, 0), of each key.
  void (*hash)(const KeyGroup& keys, KeyGroup::Each& hashes);
};

// The best first; the last one is supported everywhere.
std::span<const Murmur3OfGroup> murmur3_of_group_ways();

// The best that this processor has.
void murmur3_of_group(const KeyGroup& keys, KeyGroup::Each& hashes);

}  // namespace shardflow
