// Filling a store from what the options name.
#pragma once

#include <memory>

#include "app/options.hpp"
#include "app/statistics.hpp"
#include "pipeline/input/file_source.hpp"
#include "pipeline/interrupt.hpp"
#include "pipeline/store/store.hpp"

namespace shardflow::app {

// The files, or the synthetic records, from their start.
std::unique_ptr<FileSource> open_source(const LoadOptions& options, const Interrupt& interrupt);

// Runs the mode over the input, as far as --records and --rate let it through, with progress on standard error.
// Records that are skipped go to
// `rejects`, where it is not nullptr. Returns what it took; what is to be told of the store is left empty. Throws as
// RunMode does.
LoadStatistics fill(const LoadOptions& options, const TerminalOptions& terminal, const Interrupt& interrupt,
                    Store& store, RejectSink* rejects = nullptr);

}  // namespace shardflow::app
