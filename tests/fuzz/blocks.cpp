// The cutting into blocks: the records of a file, good and bad, are the same for any block size. The first byte says
// the format and whether bad records are skipped, the second the block size, and, for short records, the longest one.
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <string>
#include <vector>

#include "pipeline/errors.hpp"
#include "pipeline/input/file_source.hpp"
#include "pipeline/input/parse.hpp"
#include "tests/fuzz/target.hpp"

namespace {

using namespace shardflow;

struct Outcome {
  std::vector<std::string> records;
  std::vector<std::string> bad;
  std::string error;
};

std::string text_of(const Block& block, const BadLine& bad, const RecordRules& rules) {
  const std::size_t shown = std::min<std::size_t>(bad.bytes, std::size_t{rules.max_record_bytes} + 1);
  return std::to_string(static_cast<int>(bad.flaw)) + " " + std::to_string(block.file_offset + bad.offset) + " " +
         std::string(block.text().substr(bad.offset, shown));
}

Outcome read(const std::string& file, const FileOptions& options, const RecordRules& rules, std::size_t block_bytes) {
  Outcome outcome;
  MemoryBudget budget(UINT64_MAX);
  Block block(block_bytes, budget);
  FileSource source({file}, rules.max_record_bytes, nullptr, options);
  try {
    while (source.next(block)) {
      const auto keep = [&](const Fields& fields) {
        const char* const base = block.data_of_text();
        outcome.records.push_back(std::string(base + fields.key_offset, fields.key_bytes) + '\0' +
                                  std::string(base + fields.value_offset, fields.value_bytes));
      };
      const Parsed parsed = parse_records(block, rules, keep);
      for (const BadLine& bad : parsed.bad) outcome.bad.push_back(text_of(block, bad, rules));
      if (!parsed.bad.empty() && !rules.skip_bad) {
        outcome.error = outcome.bad.front();
        return outcome;
      }
      block.reset();
    }
  } catch (const BadInputError& error) {
    outcome.error = error.what();
  }
  return outcome;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2) return 0;
  constexpr std::array kKinds{TextFormat::Kind::kTsv, TextFormat::Kind::kEscapedTsv, TextFormat::Kind::kCsv,
                              TextFormat::Kind::kJsonLines};
  FileOptions options;
  options.format.kind = kKinds[data[0] % kKinds.size()];
  options.skip_bad = (data[0] & 16) != 0;
  const RecordRules rules{(data[0] & 32) != 0 ? 1 + data[1] % 31u : 1u << 16, options.skip_bad};
  options.recognise_kind = (data[0] & 64) != 0;
  options.header = (data[0] & 128) != 0;
  options.max_expanded_bytes = 1 << 20;
  const std::string_view text = fuzz::text_of(data + 2, size - 2);
  const int file = memfd_create("fuzz", MFD_CLOEXEC);
  fuzz::require(write(file, text.data(), text.size()) == static_cast<ssize_t>(text.size()), "a file in memory");
  const std::string name = "/proc/self/fd/" + std::to_string(file);
  const Outcome whole = read(name, options, rules, 1 << 20);
  const Outcome cut = read(name, options, rules, std::size_t{1} + data[1]);
  close(file);
  // Small blocks may be handed over, and found bad, before a damaged stream breaks off.
  const bool damaged = whole.error.find("compressed byte") != std::string::npos;
  fuzz::require(damaged ? !cut.error.empty() : whole.error == cut.error, "the same error for any block size");
  const std::size_t records = std::min(whole.records.size(), cut.records.size());
  fuzz::require(std::equal(whole.records.begin(), whole.records.begin() + static_cast<std::ptrdiff_t>(records),
                           cut.records.begin()),
                "the same records for any block size");
  fuzz::require(!whole.error.empty() || whole.records.size() == cut.records.size(), "as many of them");
  fuzz::require(!whole.error.empty() || whole.bad == cut.bad, "the same bad ones");
  return 0;
}
