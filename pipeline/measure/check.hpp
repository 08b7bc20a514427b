// Whether a store can have come from its input, where the mode that filled it keeps no order.
#pragma once

#include <cstdint>

#include "pipeline/input/fields.hpp"
#include "pipeline/input/source.hpp"
#include "pipeline/store/store.hpp"

namespace shardflow {

// Reads the input again and returns how many keys are wrong: those of the store whose value the input never
// gave them, and those of the input that the store lacks. 0: the store is right, up to which of a repeated
// key's values stayed. Throws what the source throws.
std::uint64_t wrong_keys(const Store& store, Source& source, std::size_t block_bytes, const RecordRules& rules);

}  // namespace shardflow
