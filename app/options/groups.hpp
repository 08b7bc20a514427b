// The groups of options that several commands share, and how they are read.
#pragma once

#include "app/options/layers.hpp"

namespace shardflow::app {

po::options_description general_options();
po::options_description input_options();
po::options_description run_options();
po::options_description stats_options(const char* description);

// All modes' names, for help and messages.
std::string mode_names();

// Files or --synthetic, and --records.
void read_input(const Merged& merged, LoadOptions& options);
// The group "Run", and --max-record.
void read_run_options(const Merged& merged, LoadOptions& options);
StatsFormat read_stats(const Merged& merged);
// Records a second; 0 where --rate is not given.
std::uint64_t read_rate(const Merged& merged);
// --latency and --rate.
void read_latency(const Merged& merged, LoadOptions& options);

}  // namespace shardflow::app
