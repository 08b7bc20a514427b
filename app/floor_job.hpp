// What the floor of a load is measured for.
#pragma once

#include <string>
#include <vector>

#include "app/options.hpp"
#include "pipeline/measure/floor.hpp"
#include "pipeline/store/store.hpp"

namespace shardflow::app {

// Throws UsageError unless each is a regular file of TSV, by what `options` say of it, that is not compressed: a pipe
// can be read but once, and a decompressor's floor is its own, as is that of quotes. Made-up records always are such.
// Throws IoError, BadInputError.
void require_floor_input(const LoadOptions& options, const std::vector<std::string>& files);

// `store` is what a load of the files ended in.
FloorJob floor_job(const LoadOptions& options, const std::vector<std::string>& files, const Store& store);

}  // namespace shardflow::app
