#include "app/floor_job.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <string_view>

#include "pipeline/descriptor.hpp"
#include "pipeline/errors.hpp"
#include "pipeline/input/decoder.hpp"
#include "pipeline/input/file_source.hpp"

namespace shardflow::app {
namespace {

// As a load would read it. Throws IoError, BadInputError.
TextFormat::Kind kind_of(const std::string& name, const LoadOptions& options) {
  constexpr std::size_t kFirstBytes = 4096;
  MemoryBudget budget(options.max_memory_bytes);
  FileSource source({name}, options.run.rules.max_record_bytes, nullptr, options.file);
  Block block(kFirstBytes, budget);
  source.next(block);
  return block.format.kind;
}

void require_tsv(const std::string& name, const LoadOptions& options) {
  const TextFormat::Kind kind = kind_of(name, options);
  if (kind != TextFormat::Kind::kCsv && kind != TextFormat::Kind::kJsonLines) return;
  const std::string format = kind == TextFormat::Kind::kCsv ? "CSV" : "JSON Lines";
  throw UsageError("the floor is measured on TSV, where separators are TABs, and '" + name + "' is " + format);
}

void require_plain_file(const std::string& name) {
  if (name == "-") throw UsageError("the floor is measured on files that can be read again: '-' won't do");
  const Descriptor file(open(name.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  struct stat status {};
  if (!file.open() || fstat(file.number(), &status) != 0) throw IoError(name, "cannot be read", errno);
  if (!S_ISREG(status.st_mode)) throw UsageError("the floor is measured on regular files, and '" + name + "' is none");
  std::array<char, 4> first;
  const ssize_t bytes = pread(file.number(), first.data(), first.size(), 0);
  if (bytes < 0) throw IoError(name, "cannot be read", errno);
  const auto coding = coding_of(std::string_view(first.data(), static_cast<std::size_t>(bytes)));
  if (coding.value_or(Coding::kPlain) != Coding::kPlain) {
    throw UsageError("the floor is measured on plain text, and '" + name + "' is " + name_of(*coding));
  }
}

}  // namespace

void require_floor_input(const LoadOptions& options, const std::vector<std::string>& files) {
  if (options.synthetic) return;  // plain TSV, whatever the options say of files
  for (const std::string& name : files) {
    require_plain_file(name);
    require_tsv(name, options);
  }
}

FloorJob floor_job(const LoadOptions& options, const std::vector<std::string>& files, const Store& store) {
  const StoreMemory memory = store.memory();
  return {files,
          store.size(),
          memory.key_bytes + memory.value_bytes,
          memory.table_bytes,
          options.run.threads,
          options.max_memory_bytes};
}

}  // namespace shardflow::app
