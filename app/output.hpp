// The final map as files.
#pragma once

#include <string_view>

#include "app/options.hpp"
#include "pipeline/interrupt.hpp"
#include "pipeline/store/store.hpp"

namespace shardflow::app {

// What the names of --split's parts begin with.
inline constexpr std::string_view kPartPrefix = "part-";

// Writes --output, one file or the parts of --split, as the options say, with progress on standard error. Throws
// IoError, EncodingError, InterruptedError; nothing is then to be seen of it.
void write_output(const LoadOptions& options, const TerminalOptions& terminal, const Store& store,
                  const Interrupt& interrupt);
// What --progress says meanwhile.
std::string_view writing_phase(const WriteOptions& options);

}  // namespace shardflow::app
