// The two shapes of a record on its way: the bytes themselves, and where they lie in a block.
#pragma once

#include <cstdint>
#include <string_view>

namespace shardflow {

// Views of somebody else's bytes; who made it says how long they live.
struct Record {
  std::string_view key;
  std::string_view value;
};

// A record of a block, by offsets from the block's text. 20 bytes, of which a shard needs all:
// the key is hashed once, in the partition, and carries its hash from there on.
struct RecordRef {
  std::uint32_t hash;  // the table's (slot_hash of KeyHash), not the partition's
  std::uint32_t key_offset;
  std::uint32_t key_bytes;
  std::uint32_t value_offset;
  std::uint32_t value_bytes;
};

}  // namespace shardflow
