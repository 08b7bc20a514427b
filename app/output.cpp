#include "app/output.hpp"

#include <cstdio>
#include <filesystem>
#include <memory>
#include <stdexcept>
#include <vector>

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
  return text;
}

// part-00000.tsv, part-00001.tsv …
std::string part_name(std::size_t part, const WriteOptions& options) {
  std::array<char, 24> number{};
  std::snprintf(number.data(), number.size(), "part-%05zu", part);
  return number.data() + extension(options);
}

// Parts of another split beside ours would be read with them: then no job could tell.
void refuse_other_parts(const fs::path& folder, const std::vector<std::string>& ours) {
  for (const fs::directory_entry& entry : fs::directory_iterator(folder)) {
    const std::string name = entry.path().filename();
    if (!name.starts_with("part-") || std::ranges::count(ours, name) > 0) continue;
    throw std::runtime_error(entry.path().string() + ": is a part of another split; remove it, or give another folder");
  }
}

std::vector<std::string> part_names(const LoadOptions& options) {
  const fs::path folder = options.output;
  std::error_code failed;
  fs::create_directories(folder, failed);
  if (failed) throw IoError(options.output, "the folder cannot be made", failed.value());
  std::vector<std::string> names;
  for (std::size_t part = 0; part < options.split; ++part) names.push_back(part_name(part, options.write));
  refuse_other_parts(folder, names);
  for (std::string& name : names) name = folder / name;
  return names;
}

}  // namespace

void write_output(const LoadOptions& options, const Store& store, const Interrupt& interrupt) {
  const std::vector<std::string> names = options.split > 0 ? part_names(options) : std::vector{options.output};
  std::vector<std::unique_ptr<Sink>> sinks;
  for (const std::string& name : names) sinks.push_back(open_sink(name, &interrupt));
  write_map(store, options.write, sinks);
  for (const std::unique_ptr<Sink>& sink : sinks) sink->commit();
}

}  // namespace shardflow::app
