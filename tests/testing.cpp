#include "tests/testing.hpp"

#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <stdexcept>
#include <system_error>

#include "pipeline/input/stamped_source.hpp"
#include "pipeline/mode/mode.hpp"

namespace testing {

using namespace shardflow;

ParsedText parse(std::string_view text, std::uint32_t max_record_bytes) {
  const Padded padded(text);
  const std::string_view view = padded.view();
  ParsedText parsed;
  const Parsed result = parse_tsv(view, {.max_record_bytes = max_record_bytes}, [&](const Fields& fields) {
    parsed.records.emplace_back(view.substr(fields.key_offset, fields.key_bytes),
                                view.substr(fields.value_offset, fields.value_bytes));
  });
  if (!result.bad.empty()) parsed.bad = result.bad.front();
  return parsed;
}

void fill(Batch& batch, std::string_view text) {
  batch.reset();
  if (batch.block.capacity() < text.size()) batch.block.grow(text.size());
  std::memcpy(batch.block.data(), text.data(), text.size());
  batch.block.set_text(0, text.size());
}

bool TextSource::next(Block& block) {
  if (at_ == text_.size()) return false;
  const std::string_view rest = std::string_view(text_).substr(at_);
  std::size_t end = rest.substr(0, block.capacity()).rfind('\n');
  if (end == std::string_view::npos) end = rest.find('\n');
  const std::size_t bytes = end == std::string_view::npos ? rest.size() : end + 1;
  if (bytes > block.capacity()) block.grow(bytes);
  std::memcpy(block.data(), rest.data(), bytes);
  block.set_text(0, bytes);
  block.file_index = 0;
  block.file_offset = at_;
  at_ += bytes;
  block.input_share = static_cast<double>(at_) / static_cast<double>(text_.size());
  return true;
}

RunOutcome run_mode(std::string_view mode, const std::string& text, const Shape& shape) {
  const Mode* const found = find_mode(mode);
  if (found == nullptr) throw std::invalid_argument("no such mode");
  TextSource source(text);
  Store store(shape.shards);
  RunOptions options;
  options.threads = shape.threads;
  options.block_bytes = shape.block_bytes;
  options.blocks = shape.blocks;
  options.workers = shape.workers;
  options.capacity = shape.capacity;
  options.max_threads = shape.max_threads;
  options.latency = shape.latency;
  StampedSource stamped(source);
  const RunReport report = found->run(stamped, store, options);
  return {contents(store), report.records, store.digest().hex(), report.blocks, report.latency.count()};
}

Map last_values(const Pairs& records) {
  Map map;
  for (const auto& [key, value] : records) map[key] = value;
  return map;
}

std::string to_tsv(const Pairs& records) {
  std::string text;
  for (const auto& [key, value] : records) text += key + "\t" + value + "\n";
  return text;
}

Map contents(const Store& store) {
  Map map;
  store.for_each([&](std::string_view key, std::string_view value) {
    if (!map.emplace(key, value).second) throw std::logic_error("a key twice: " + std::string(key));
  });
  return map;
}

std::optional<bool> resident_at(const char* at) {
  const auto page_bytes = static_cast<std::uintptr_t>(sysconf(_SC_PAGESIZE));
  const auto page = reinterpret_cast<std::uintptr_t>(at) / page_bytes * page_bytes;
  unsigned char resident = 0;
  if (mincore(reinterpret_cast<void*>(page), page_bytes, &resident) == 0) return (resident & 1) != 0;
  if (errno != ENOMEM) throw std::system_error(errno, std::generic_category(), "mincore");
  return std::nullopt;
}

}  // namespace testing
