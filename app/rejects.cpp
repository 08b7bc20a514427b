#include "app/rejects.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <optional>

#include "pipeline/output/record_format.hpp"

namespace shardflow::app {
namespace {

constexpr std::size_t kFlushBytes = std::size_t{1} << 16;

std::optional<struct stat> status_of(const std::string& name) {
  struct stat status {};
  const int failed = name == "-" ? fstat(STDOUT_FILENO, &status) : stat(name.c_str(), &status);
  return failed == 0 ? std::optional(status) : std::nullopt;
}

// Whether writing to one is writing to the other; "-" is standard output. A device such as /dev/null takes both.
bool same_file(const std::string& a, const std::string& b) {
  if (a == b) return a != "/dev/null";
  const auto first = status_of(a);
  const auto second = status_of(b);
  if (first && second) {
    return first->st_dev == second->st_dev && first->st_ino == second->st_ino && !S_ISCHR(first->st_mode);
  }
  std::error_code ignored;
  return !first && !second &&
         std::filesystem::weakly_canonical(a, ignored) == std::filesystem::weakly_canonical(b, ignored);
}

}  // namespace

RejectFile::RejectFile(const std::string& name, const WriteOptions& options, const Interrupt& interrupt)
    : sink_(open_sink(name, &interrupt)), csv_(options.format == RecordFormat::kCsv), compressor_(options.compression) {
  if (csv_) text_ = "file,line,byte,reason,record\n";
}

void RejectFile::take(const Reject& reject) {
  append(reject.file, csv_ ? ',' : '\t');
  append(std::to_string(reject.line), csv_ ? ',' : '\t');
  append(std::to_string(reject.byte), csv_ ? ',' : '\t');
  append(reject.reason, csv_ ? ',' : '\t');
  append(reject.record, '\n');
  if (text_.size() >= kFlushBytes) flush();
}

void RejectFile::append(std::string_view field, char end) {
  if (csv_) {
    append_csv_field(text_, field);
  } else {
    append_escaped(text_, field);
  }
  text_ += end;
}

void RejectFile::commit() {
  flush();
  sink_->commit();
}

void RejectFile::flush() {
  // No bytes at all would be no gzip file; an empty member behind others is none the worse, but useless.
  if (text_.empty() && begun_) return;
  compressor_.run(text_);
  sink_->write(text_);
  text_.clear();
  begun_ = true;
}

void check_rejects(const LoadOptions& options, const std::vector<std::string>& inputs) {
  if (options.rejects.empty()) return;
  if (same_file(options.rejects, "-") && (options.output == "-" || !options.get.empty())) {
    throw UsageError("--rejects would mix with what standard output is for; give it a file");
  }
  if (!options.output.empty() && same_file(options.rejects, options.output)) {
    throw UsageError("--rejects and --output name the same file");
  }
  for (const std::string& input : inputs) {
    if (input != "-" && same_file(options.rejects, input)) {
      throw UsageError("--rejects would replace an input: " + input);
    }
  }
}

}  // namespace shardflow::app
