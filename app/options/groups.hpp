// The groups of options that several commands share, and how they are read.
#pragma once

#include "app/options/layers.hpp"
#include "pipeline/quantity.hpp"

namespace shardflow::app {

inline constexpr NumberRange<std::uint32_t> kThreads{1, 4096, parse_count};
inline constexpr NumberRange<std::uint32_t> kShards{1, 65536, parse_count};
inline constexpr NumberRange<std::size_t> kBlockBytes{1, kMaxBlockBytes / 2, parse_bytes};
inline constexpr NumberRange<std::uint64_t> kRounds{1, 10'000, parse_count};
inline constexpr NumberRange<std::uint64_t> kSeconds{1, 86'400, parse_count};
inline constexpr NumberRange<std::size_t> kCapacity{1, std::size_t{1} << 30, parse_count};

// Two a core: each core has one to write while it waits for none, and a shard's part of a block is long.
std::uint32_t default_shards();

po::options_description general_options();
po::options_description input_options();
// Likewise, of commands that read files alone.
po::options_description file_input_options();
// To a group "Input".
void add_files(po::options_description& options);
void add_records(po::options_description& options);
po::options_description run_options();
// Of it, what all modes have.
po::options_description common_run_options();
// To a group "Run": the limits on what is in flight.
void add_limits(po::options_description& options);
po::options_description stats_options(const char* description);

// All modes' names, or those of the wanted ones, for help and messages.
std::string mode_names();
std::string mode_names(bool (*wanted)(const Mode&));

// Files or --synthetic, and --records.
void read_input(const Merged& merged, LoadOptions& options);
// Of it, the files or --synthetic.
void read_files(const Merged& merged, LoadOptions& options);
// Throws UsageError where one of them is standard input, a pipe or the like, which give what they have but once. The
// message begins with `why`: "compare reads the input often".
void require_rereadable(const Strings& files, const std::string& why);
// Of the group "Run" what all modes have, and --max-record.
void read_common_run_options(const Merged& merged, LoadOptions& options);
// The group "Run", and --max-record.
void read_run_options(const Merged& merged, LoadOptions& options);
// Of it, what add_limits() adds, and --max-record.
void read_limits(const Merged& merged, LoadOptions& options);
// "unbounded" is 0. Throws std::invalid_argument.
std::size_t read_capacity(const std::string& text);
// --mode. Throws UsageError.
const Mode* read_mode(const Merged& merged);
// --modes, a list.
std::vector<const Mode*> read_modes(const Merged& merged);
StatsFormat read_stats(const Merged& merged);
// Records a second; 0 where --rate is not given.
std::uint64_t read_rate(const Merged& merged);
// To a group: --report, where this build can make one.
void add_report(po::options_description& options);
// --latency and --rate.
void read_latency(const Merged& merged, LoadOptions& options);

// --output-format.
void add_output_format(po::options_description& options);
// It, or else the end of --output's name, as reading by `file` would take it; all but format and compression stays as
// it is by default.
WriteOptions read_output_format(const Merged& merged, const FileOptions& file);
// Format and compression by the end of a file's name alone; else TSV.
WriteOptions format_of_name(const std::string& file);
// To a group: --rejects.
void add_rejects(po::options_description& options);
void read_rejects(const Merged& merged, LoadOptions& options);

// To a group: --format and what belongs to it.
void add_input_format(po::options_description& options);
void read_input_format(const Merged& merged, LoadOptions& options);

}  // namespace shardflow::app
