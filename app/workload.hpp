// The input of runs in other processes.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "app/options.hpp"
#include "pipeline/descriptor.hpp"

namespace shardflow::app {

// Files, or a file in memory that child processes inherit, so that making the input costs a measurement nothing.
class Workload {
 public:
  static constexpr std::uint64_t kAll = UINT64_MAX;

  // The first `records` of what `options` names.
  explicit Workload(const LoadOptions& options, std::uint64_t records = kAll);

  // The end of a child's command line.
  const std::vector<std::string>& words() const { return words_; }
  // What to open in this process.
  const std::vector<std::string>& files() const { return files_; }

 private:
  Descriptor memory_;
  std::vector<std::string> words_;
  std::vector<std::string> files_;
};

// What `shardflow load` is to be told to run `mode` on it, with the options that commands share with `load`.
std::vector<std::string> load_words(const LoadOptions& options, const Mode& mode, const Workload& input);

// Changes where one of the files does: its name, size, or when it was written. Throws IoError.
std::string state_of(const std::vector<std::string>& files);

// The input in a line: "zipf:records=5M", or "events.tsv (117,777,780 bytes)". Throws IoError.
std::string describe_input(const LoadOptions& options);

}  // namespace shardflow::app
