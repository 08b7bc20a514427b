// What the user asked for: command line, environment, config file and preset, merged in that precedence,
// as plain structs. The only place that knows Boost.ProgramOptions is the folder options/.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

#include "pipeline/input/synthetic.hpp"
#include "pipeline/mode/mode.hpp"
#include "pipeline/output/map_writer.hpp"

namespace shardflow::app {

// The command line, a variable, a config file or a preset is wrong. Exit code 2.
class UsageError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

enum class When { kAuto, kAlways, kNever };
enum class StatsFormat { kText, kJson };

// How the program talks.
struct TerminalOptions {
  When color = When::kAuto;
  When progress = When::kAuto;
  bool quiet = false;
  bool verbose = false;
};

struct LoadOptions {
  std::vector<std::string> files;          // "-" is standard input
  std::optional<SyntheticSpec> synthetic;  // in place of files
  std::string synthetic_text;              // as it was written
  std::uint64_t records = UINT64_MAX;      // the first so many of them
  FileOptions file;                        // how to read files
  std::vector<std::string> file_words;     // the options that say so, as they were written
  const Mode* mode = nullptr;
  std::uint32_t shards = 0;
  std::uint64_t max_memory_bytes = 0;
  RunOptions run;  // without interrupt and progress

  std::string output;  // empty: none; "-" is standard output; with split a folder
  WriteOptions write;
  std::uint32_t split = 0;  // into so many files; 0: one file
  std::string rejects;      // the file for bad records; empty: none
  WriteOptions rejects_write;
  std::vector<std::string> get;
  bool digest = false;
  bool check = false;
  bool floor = false;  // measure it too
  StatsFormat stats = StatsFormat::kText;
  std::string report;            // of compare and sweep: the HTML page's file; empty: none
  std::uint64_t rate_per_s = 0;  // records a second; 0: as fast as it goes
  std::string hgrm;              // the file (of compare, folder) for the latencies' distribution; empty: none
};

struct CompareOptions {
  LoadOptions load;  // input and run
  std::vector<const Mode*> modes;
  std::uint64_t rounds = 0;  // 0: until the intervals are narrow
  double max_time_s = 0;
  std::uint64_t slow_records = 0;
  std::uint64_t seed = 0;
};

// A list has what its axis takes in turn.
struct SweepOptions {
  LoadOptions load;                    // input, and what stays the same
  std::vector<std::uint64_t> records;  // empty: all
  std::vector<const Mode*> modes;
  std::vector<std::uint32_t> threads;
  std::vector<std::uint32_t> shards;
  std::vector<std::uint32_t> workers;   // empty: as many as threads
  std::vector<std::size_t> capacities;  // 0: unbounded
  std::vector<std::size_t> block_bytes;
  std::uint64_t rounds = 0;
  double longest_run_s = 0;
  std::uint64_t seed = 0;
  std::string output;  // empty: none
};

struct DiffOptions {
  LoadOptions load;  // how to read, where to write; two files, one of which may be "-"

  const std::string& before() const { return load.files.front(); }
  const std::string& after() const { return load.files.back(); }
};

// A file, or made-up records.
struct WorkloadOption {
  std::string name;
  std::optional<SyntheticSpec> synthetic;
};

enum class GateFormat { kText, kMarkdown, kJson };

struct GateOptions {
  std::string against;                    // the other binary; empty: the modes of this one, by `bounds_file`
  std::vector<WorkloadOption> workloads;  // of --against
  std::map<std::string, double> allowed;  // the most that a metric may be over the base's: 1.05
  const Mode* mode = nullptr;
  std::uint32_t threads = 0;
  std::uint32_t shards = 0;
  std::uint64_t pairs = 0;  // exactly so many, of modes rounded up to blocks; 0: until decided
  double max_time_s = 0;    // of each of the two parts
  double timeout_s = 0;     // of a run
  std::uint64_t seed = 0;
  std::string bounds_file;  // empty: the one that came with the binary
  bool update = false;
  GateFormat format = GateFormat::kText;
  std::vector<std::string> save;  // files, by their extension: .txt, .md, .json
  std::string history;
  std::string label;
};

struct FloorOptions {
  LoadOptions load;  // input and run
  std::uint64_t rounds = 0;
};

struct ReportOptions {
  std::string history;  // "-" is standard input
  StatsFormat stats = StatsFormat::kText;
  std::string output;  // the HTML page's file; empty: none
};

struct GenerateOptions {
  SyntheticSpec spec;
  std::uint64_t rate_per_s = 0;  // records a second; 0: as fast as it goes
  std::string output;
};

template <class Options>
struct Parsed {
  Options options;
  TerminalOptions terminal;
  // Where set: print it on standard output and be done (--help, --print-config, --preset list).
  std::optional<std::string> answer;
  std::vector<std::string> variables;  // that counted: "SHARDFLOW_THREADS=2"
  std::string settings;                // as --print-config shows them
};

// REQUIRES: arguments without program and command name. Throw UsageError.
Parsed<LoadOptions> parse_load(const std::vector<std::string>& arguments);
Parsed<CompareOptions> parse_compare(const std::vector<std::string>& arguments);
Parsed<SweepOptions> parse_sweep(const std::vector<std::string>& arguments);
Parsed<FloorOptions> parse_floor(const std::vector<std::string>& arguments);
Parsed<DiffOptions> parse_diff(const std::vector<std::string>& arguments);
Parsed<GateOptions> parse_gate(const std::vector<std::string>& arguments);
Parsed<ReportOptions> parse_report(const std::vector<std::string>& arguments);
Parsed<GenerateOptions> parse_generate(const std::vector<std::string>& arguments);

}  // namespace shardflow::app
