// A block of a format, SHARDFLOW_FUZZ_KIND of TextFormat::Kind: the same records as the reference's, and bad where it
// is. With bad records skipped: the same ones before the first, and every line counted.
#include <algorithm>
#include <nlohmann/json.hpp>
#include <string>

#include "pipeline/input/parse.hpp"
#include "tests/fuzz/reference.hpp"
#include "tests/fuzz/target.hpp"

namespace {

using namespace shardflow;

constexpr TextFormat::Kind kKind = TextFormat::Kind::SHARDFLOW_FUZZ_KIND;

fuzz::Reference expected(std::string_view text) {
  switch (kKind) {
    case TextFormat::Kind::kCsv:
      return fuzz::csv(text);
    case TextFormat::Kind::kJsonLines:
      return fuzz::json_lines(text);
    default:
      return fuzz::tsv(text, kKind == TextFormat::Kind::kEscapedTsv);
  }
}

struct Outcome {
  std::vector<std::pair<std::string, std::string>> records;
  Parsed parsed;
};

Outcome parse(std::string_view text, bool skip_bad) {
  static const JsonFields kFields;
  MemoryBudget budget(UINT64_MAX);
  Block block(std::max<std::size_t>(text.size(), 1), budget);
  text.copy(block.data(), text.size());
  block.set_text(0, text.size());
  block.format.kind = kKind;
  block.format.json = &kFields;
  Outcome outcome;
  outcome.parsed = parse_records(block, {.skip_bad = skip_bad}, [&](const Fields& fields) {
    const char* const base = block.data_of_text();
    outcome.records.emplace_back(std::string(base + fields.key_offset, fields.key_bytes),
                                 std::string(base + fields.value_offset, fields.value_bytes));
  });
  return outcome;
}

bool same(const std::string& ours, const std::string& theirs) {
  if (ours == theirs || kKind != TextFormat::Kind::kJsonLines) return ours == theirs;
  const auto json = nlohmann::json::parse(ours, nullptr, false);
  return !json.is_discarded() && json.dump() == theirs;
}

// The reference can't read 1e999.
bool may_go_further(std::string_view text) {
  return kKind == TextFormat::Kind::kJsonLines && text.find_first_of("eE") != std::string_view::npos;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text = fuzz::text_of(data, size);
  const fuzz::Reference theirs = expected(text);
  const Outcome ours = parse(text, false);
  const bool same_end = ours.records.size() == theirs.records.size() && !ours.parsed.bad.empty() == theirs.bad;
  fuzz::require(same_end || (may_go_further(text) && ours.records.size() >= theirs.records.size()), "same end");
  for (std::size_t i = 0; i < theirs.records.size(); ++i) {
    fuzz::require(same(ours.records[i].first, theirs.records[i].first), "same key");
    fuzz::require(same(ours.records[i].second, theirs.records[i].second), "same value");
  }
  const Outcome all = parse(text, true);
  const auto lines = static_cast<std::uint64_t>(std::ranges::count(text, '\n'));
  fuzz::require(all.parsed.lines == lines + (text.empty() || text.ends_with('\n') ? 0 : 1), "every line counted");
  fuzz::require(all.records.size() >= ours.records.size() &&
                    std::equal(ours.records.begin(), ours.records.end(), all.records.begin()),
                "the same records before the first bad one");
  fuzz::require(all.parsed.bad.empty() == ours.parsed.bad.empty(), "bad either way");
  return 0;
}
