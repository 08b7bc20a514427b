// Small helpers that let a test be text in, fact out.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "pipeline/batch.hpp"
#include "pipeline/input/source.hpp"
#include "pipeline/input/tsv.hpp"
#include "pipeline/store/store.hpp"

namespace testing {

using Pairs = std::vector<std::pair<std::string, std::string>>;
using Map = std::map<std::string, std::string>;

// A text with the readable bytes behind it that parsers and hashes may touch; they are no zeros, so that
// whoever uses them is found out.
class Padded {
 public:
  explicit Padded(std::string_view text) : memory_(text), bytes_(text.size()) {
    memory_.append(shardflow::kBlockSlackBytes, '\t');
  }
  std::string_view view() const { return {memory_.data(), bytes_}; }

 private:
  std::string memory_;
  std::size_t bytes_;
};

struct ParsedText {
  Pairs records;
  std::optional<shardflow::BadLine> bad;
};
ParsedText parse(std::string_view text, std::uint32_t max_record_bytes = UINT32_MAX);

// A batch whose block holds `text`, not yet parsed.
void fill(shardflow::Batch& batch, std::string_view text);

// A source that gives the text in blocks of as many whole lines as fit, from memory.
class TextSource : public shardflow::Source {
 public:
  explicit TextSource(std::string text) : text_(std::move(text)) {}
  bool next(shardflow::Block& block) override;
  const std::string& file_name(std::uint32_t) const override { return name_; }
  bool may_wait() const override { return false; }

 private:
  std::string text_;
  std::string name_ = "text";
  std::size_t at_ = 0;
};

// Runs `mode` over the text and returns what the store then holds.
struct RunOutcome {
  Map map;
  std::uint64_t records = 0;
  std::string digest;
  std::uint64_t blocks = 0;
  std::uint64_t latencies = 0;  // that were measured
};
struct Shape {
  std::uint32_t shards = 4;
  std::uint32_t threads = 2;
  std::size_t block_bytes = 4096;
  std::size_t blocks = 4;
  std::uint32_t workers = 0;
  std::size_t capacity = 100;
  std::size_t max_threads = 16;
  bool latency = false;
};
RunOutcome run_mode(std::string_view mode, const std::string& text, const Shape& shape = {});

// What a reader of the text would keep: the last value of each key.
Map last_values(const Pairs& records);
std::string to_tsv(const Pairs& records);

Map contents(const shardflow::Store& store);

// Whether this byte's page is in memory; nothing, if none is mapped there.
std::optional<bool> resident_at(const char* at);

}  // namespace testing
