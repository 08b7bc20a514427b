#include "app/workload.hpp"

#include <fcntl.h>

#include <algorithm>

#include "app/terminal.hpp"
#include "pipeline/input/file_source.hpp"

namespace shardflow::app {

Workload::Workload(const LoadOptions& options, std::uint64_t records) {
  if (options.synthetic) {
    SyntheticSpec spec = *options.synthetic;
    if (spec.keys == 0) spec.keys = std::max(spec.records, records == kAll ? 0 : records);
    if (records != kAll) spec.records = records;
    memory_ = synthetic_file(spec);
    fcntl(memory_.number(), F_SETFD, 0);  // the children open it by this process's number, which they inherit
    words_ = {"--", "/proc/self/fd/" + std::to_string(memory_.number())};
    return;
  }
  if (records != kAll) words_ = {"--records", std::to_string(records)};
  words_.emplace_back("--");
  words_.insert(words_.end(), options.files.begin(), options.files.end());
}

namespace {

std::string kind_word(const FileOptions& file) {
  if (file.kind_by_name) return "auto";
  return file.format.kind == TextFormat::Kind::kCsv ? "csv" : "tsv";
}

void add_format(const FileOptions& file, std::vector<std::string>& words) {
  const auto add = [&](const char* name, const std::string& value) { words.insert(words.end(), {name, value}); };
  const auto column = [](const std::string& name, std::uint32_t number) {
    return name.empty() ? std::to_string(number + 1) : name;
  };
  add("--format", kind_word(file));
  add("--delimiter", file.format.delimiter == '\t' ? "tab" : std::string(1, file.format.delimiter));
  add("--key", column(file.key_name, file.format.key_column));
  add("--value", file.format.value_is_rest ? "rest" : column(file.value_name, file.format.value_column));
  if (file.format.kind == TextFormat::Kind::kEscapedTsv) words.emplace_back("--escape");
  if (file.header) words.emplace_back("--header");
  if (file.max_expanded_bytes != UINT64_MAX) add("--max-expanded", std::to_string(file.max_expanded_bytes));
}

}  // namespace

std::vector<std::string> load_words(const LoadOptions& options, const Mode& mode, const Workload& input) {
  const RunOptions& run = options.run;
  std::vector<std::string> words{"--mode", std::string(mode.name), "--digest"};
  const auto add = [&](const char* name, const std::string& value) { words.insert(words.end(), {name, value}); };
  add("--threads", std::to_string(run.threads));
  add("--shards", std::to_string(options.shards));
  add("--block-size", std::to_string(run.block_bytes));
  add("--blocks", std::to_string(run.blocks));
  add("--max-record", std::to_string(run.max_record_bytes));
  add("--max-memory", std::to_string(options.max_memory_bytes));
  add("--workers", std::to_string(run.workers > 0 ? run.workers : run.threads));
  add("--capacity", run.capacity > 0 ? std::to_string(run.capacity) : "unbounded");
  add("--max-threads", std::to_string(run.max_threads));
  if (run.latency) words.emplace_back("--latency");
  if (options.rate_per_s > 0) add("--rate", std::to_string(options.rate_per_s));
  if (!options.synthetic) add_format(options.file, words);
  words.insert(words.end(), input.words().begin(), input.words().end());
  return words;
}

std::string describe_input(const LoadOptions& options) {
  if (options.synthetic) return options.synthetic_text;
  std::string text = options.files.front();
  if (options.files.size() > 1) text += " and " + std::to_string(options.files.size() - 1) + " more";
  const FileSource source(options.files, options.run.max_record_bytes, nullptr);
  return text + " (" + with_commas(source.total_bytes()) + " bytes)";
}

}  // namespace shardflow::app
