#include "app/output.hpp"

#include <sys/resource.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <optional>
#include <stdexcept>
#include <vector>

#include "app/progress.hpp"
#include "pipeline/errors.hpp"
#include "pipeline/output/map_writer.hpp"

namespace shardflow::app {
namespace {

namespace fs = std::filesystem;

std::string extension(const WriteOptions& options) {
  std::string text = ".tsv";
  if (options.format == RecordFormat::kCsv) text = ".csv";
  if (options.format == RecordFormat::kJsonLines) text = ".jsonl";
  if (options.compression == Compression::kGzip) text += ".gz";
  if (options.compression == Compression::kZstd) text += ".zst";
  if (options.compression == Compression::kLz4) text += ".lz4";
  return text;
}

// part-00000.tsv, part-00001.tsv …
std::string part_name(std::size_t part, const WriteOptions& options) {
  std::array<char, 24> number{};
  std::snprintf(number.data(), number.size(), "%05zu", part);
  return std::string(kPartPrefix) + number.data() + extension(options);
}

// Parts of another split beside ours would be read with them: then no job could tell.
void refuse_other_parts(const fs::path& folder, const std::vector<std::string>& ours) {
  for (const fs::directory_entry& entry : fs::directory_iterator(folder)) {
    const std::string name = entry.path().filename();
    if (!name.starts_with(kPartPrefix) || std::ranges::count(ours, name) > 0) continue;
    throw std::runtime_error(entry.path().string() + ": is a part of another split; remove it, or give another folder");
  }
}

// The folder of the parts, which goes again if nothing comes into it.
class PartsFolder {
 public:
  explicit PartsFolder(const fs::path& folder) {
    for (fs::path each = fs::absolute(folder).lexically_normal(); !fs::exists(each); each = each.parent_path()) {
      made_.push_back(each);
    }
    std::error_code failed;
    fs::create_directories(folder, failed);
    if (failed) throw IoError(folder, "the folder cannot be made", failed.value());
  }
  // Only what is empty can be removed so.
  ~PartsFolder() {
    std::error_code ignored;
    for (const fs::path& each : made_) fs::remove(each, ignored);
  }
  PartsFolder(const PartsFolder&) = delete;
  PartsFolder& operator=(const PartsFolder&) = delete;

 private:
  std::vector<fs::path> made_;  // from the inside to the outside
};

// All parts are open at once.
void allow_open_files(std::uint32_t parts) {
  constexpr rlim_t kOthers = 64;
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur >= parts + kOthers) return;
  if (limit.rlim_max < parts + kOthers) {
    throw std::runtime_error("--split: " + std::to_string(parts) + " parts are as many open files, and the limit is " +
                             std::to_string(limit.rlim_max) + "; raise it with 'ulimit -Hn', or write fewer parts");
  }
  limit.rlim_cur = parts + kOthers;
  if (setrlimit(RLIMIT_NOFILE, &limit) != 0) throw IoError("--split", "the limit on open files can't be raised", errno);
}

std::vector<std::string> part_names(const LoadOptions& options) {
  const fs::path folder = options.output;
  std::vector<std::string> names;
  for (std::size_t part = 0; part < options.split; ++part) names.push_back(part_name(part, options.write));
  refuse_other_parts(folder, names);
  for (std::string& name : names) name = folder / name;
  return names;
}

// Where a part can't be committed, those before it are there.
void commit(const std::vector<std::unique_ptr<Sink>>& sinks) {
  for (std::size_t i = 0; i < sinks.size(); ++i) {
    try {
      sinks[i]->commit();
    } catch (const IoError& error) {
      if (i == 0) throw;
      throw std::runtime_error(std::string(error.what()) + "; of " + std::to_string(sinks.size()) +
                               " parts the first " + std::to_string(i) + " are written");
    }
  }
}

}  // namespace

std::string_view writing_phase(const WriteOptions& options) {
  return options.order == Order::kByKey ? "sorting and writing" : "writing";
}

void write_output(const LoadOptions& options, const TerminalOptions& terminal, const Store& store,
                  const Interrupt& interrupt) {
  Progress progress;
  WriteOptions write = options.write;
  write.progress = &progress;
  const ProgressLine line(terminal, progress, writing_phase(write));
  std::optional<PartsFolder> folder;
  if (options.split > 0) {
    allow_open_files(options.split);
    folder.emplace(options.output);
  }
  const std::vector<std::string> names = options.split > 0 ? part_names(options) : std::vector{options.output};
  std::vector<std::unique_ptr<Sink>> sinks;
  for (const std::string& name : names) sinks.push_back(open_sink(name, &interrupt));
  write_map(store, write, sinks);
  commit(sinks);
}

}  // namespace shardflow::app
