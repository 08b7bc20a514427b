#include "app/workload.hpp"

#include <fcntl.h>
#include <sys/stat.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <string_view>

#include "app/terminal.hpp"
#include "pipeline/errors.hpp"
#include "pipeline/input/file_source.hpp"

namespace shardflow::app {

Workload::Workload(const LoadOptions& options, std::uint64_t records) {
  if (options.synthetic) {
    memory_ = synthetic_file(options.synthetic->first(records));
    fcntl(memory_.number(), F_SETFD, 0);  // the children open it by this process's number, which they inherit
    files_ = {"/proc/self/fd/" + std::to_string(memory_.number())};
  } else {
    files_ = options.files;
  }
  if (!options.synthetic && records != kAll) words_ = {"--records", std::to_string(records)};
  words_.emplace_back("--");
  words_.insert(words_.end(), files_.begin(), files_.end());
}

std::vector<std::string> load_words(const LoadOptions& options, const Mode& mode, const Workload& input) {
  const RunOptions& run = options.run;
  std::vector<std::string> words{"--mode", std::string(mode.name), "--digest"};
  const auto add = [&](const char* name, const std::string& value) { words.insert(words.end(), {name, value}); };
  add("--threads", std::to_string(run.threads));
  add("--shards", std::to_string(options.shards));
  add("--block-size", std::to_string(run.block_bytes));
  add("--blocks", std::to_string(run.blocks));
  add("--max-record", std::to_string(run.rules.max_record_bytes));
  add("--max-memory", std::to_string(options.max_memory_bytes));
  add("--workers", std::to_string(run.workers > 0 ? run.workers : run.threads));
  add("--capacity", run.capacity > 0 ? std::to_string(run.capacity) : "unbounded");
  add("--max-threads", std::to_string(run.max_threads));
  if (run.numa) words.emplace_back("--numa");
  if (run.latency) words.emplace_back("--latency");
  if (options.rate_per_s > 0) add("--rate", std::to_string(options.rate_per_s));
  words.insert(words.end(), options.file_words.begin(), options.file_words.end());
  words.insert(words.end(), input.words().begin(), input.words().end());
  return words;
}

std::string state_of(const std::vector<std::string>& files) {
  // FNV-1a: of any build the same.
  std::uint64_t state = 0xcbf29ce484222325;
  const auto add = [&](std::string_view text) {
    for (const char byte : text) state = (state ^ static_cast<unsigned char>(byte)) * 0x100000001b3;
  };
  for (const std::string& file : files) {
    struct stat status {};
    if (stat(file.c_str(), &status) != 0) throw IoError(file, "cannot be read", errno);
    add(file + '\0' + std::to_string(status.st_size) + ',' + std::to_string(status.st_mtim.tv_sec) + ',' +
        std::to_string(status.st_mtim.tv_nsec) + ';');
  }
  std::array<char, 17> digits{};
  std::snprintf(digits.data(), digits.size(), "%016llx", static_cast<unsigned long long>(state));
  return digits.data();
}

std::string describe_input(const LoadOptions& options) {
  if (options.synthetic) return options.synthetic_text;
  std::string text = options.files.front();
  if (options.files.size() > 1) text += " and " + std::to_string(options.files.size() - 1) + " more";
  const FileSource source(options.files, options.run.rules.max_record_bytes, nullptr);
  return text + " (" + with_commas(source.total_bytes()) + " bytes)";
}

}  // namespace shardflow::app
