// The step from a batch into a shard.
#pragma once

#include <cstddef>

#include "pipeline/batch.hpp"
#include "pipeline/store/shard.hpp"

namespace shardflow {

// Applies the shard's part of the batch, in either form. Throws as Shard::apply does.
inline void apply_part(Shard& shard, Batch& batch, std::size_t i) {
  BatchPart& part = batch.parts[i];
  if (part.entries.size() > 0) {
    shard.apply(part.entries, batch.block.input_share);
  } else {
    shard.apply(batch.block.data_of_text(), part.references.items(), batch.block.input_share);
  }
  part.wants_entries = shard.wants_entries();
}

}  // namespace shardflow
