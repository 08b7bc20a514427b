// The final map as files.
#pragma once

#include "app/options.hpp"
#include "pipeline/interrupt.hpp"
#include "pipeline/store/store.hpp"

namespace shardflow::app {

// Writes --output, one file or the parts of --split, as the options say. Throws IoError, EncodingError,
// InterruptedError; nothing is then to be seen of it.
void write_output(const LoadOptions& options, const Store& store, const Interrupt& interrupt);

}  // namespace shardflow::app
