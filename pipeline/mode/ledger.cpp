#include "pipeline/mode/ledger.hpp"

#include <algorithm>
#include <cassert>
#include <stdexcept>
#include <string>

#include "pipeline/errors.hpp"

namespace shardflow {
namespace {

std::uint64_t applied(const Store& store) {
  std::uint64_t records = 0;
  for (const Shard& shard : store.shards()) records += shard.applied();
  return records;
}

std::string describe(Flaw flaw, std::uint32_t max_record_bytes) {
  switch (flaw) {
    case Flaw::kNoTab:
      return "no TAB in the line";
    case Flaw::kEmptyKey:
      return "the key is empty";
    case Flaw::kTooLong:
      return "the record is longer than --max-record (" + std::to_string(max_record_bytes) + ")";
    case Flaw::kTooFewFields:
      return "the record has too few fields";
    case Flaw::kQuote:
      return "a quote stands where its field neither begins nor ends";
    case Flaw::kUnclosedQuote:
      return "a quote is not closed";
  }
  return "";
}

std::string expected(const TextFormat& format) {
  if (format.kind != TextFormat::Kind::kCsv) return "expected KEY<TAB>VALUE on every line";
  const std::string value = format.value_is_rest ? "behind it" : "in field " + std::to_string(format.value_column + 1);
  return "expected the key in field " + std::to_string(format.key_column + 1) + ", the value " + value;
}

// In CSV a record may have line ends of its own.
std::uint64_t lines_in(const Batch& batch) {
  if (batch.block.format.kind != TextFormat::Kind::kCsv) return batch.records;
  const std::string_view text = batch.block.text();
  return static_cast<std::uint64_t>(std::ranges::count(text, '\n')) + (text.ends_with('\n') ? 0 : 1);
}

}  // namespace

Ledger::Ledger(const Source& source, const Store& store, const RunOptions& options)
    : source_(source), store_(store), options_(options), applied_before_(applied(store)) {}

void Ledger::admit(const Batch& batch) {
  assert(batch.sequence == report_.blocks);
  if (batch.block.file_index != file_index_) {
    file_index_ = batch.block.file_index;
    lines_ = 0;
  }
  lines_ += batch.block.skipped_lines;
  if (batch.bad_line) refuse(batch);
  lines_ += lines_in(batch);
  ++report_.blocks;
  report_.records += batch.records;
  report_.routed += batch.routed;
  report_.bytes += batch.block.text().size();
  if (options_.progress != nullptr) {
    options_.progress->bytes.store(report_.bytes, std::memory_order_relaxed);
    options_.progress->records.store(report_.records, std::memory_order_relaxed);
    options_.progress->input_share.store(batch.block.input_share, std::memory_order_relaxed);
  }
}

void Ledger::refuse(const Batch& batch) const {
  const BadLine& bad = *batch.bad_line;
  const std::string_view line = batch.block.text().substr(bad.offset, bad.bytes);
  throw BadInputError(source_.file_name(file_index_) + ":" + std::to_string(lines_ + bad.line + 1) + " (byte " +
                      std::to_string(batch.block.file_offset + bad.offset) +
                      "): " + describe(bad.flaw, options_.max_record_bytes) + ": \"" + excerpt(line) + "\"; " +
                      expected(batch.block.format));
}

RunReport Ledger::close(std::uint64_t blocks_read) const {
  const std::uint64_t applied_now = applied(store_) - applied_before_;
  if (blocks_read == report_.blocks && applied_now == report_.routed) return report_;
  throw std::logic_error("records were lost on the way: " + std::to_string(blocks_read) + " blocks read, " +
                         std::to_string(report_.blocks) + " partitioned; " + std::to_string(report_.routed) +
                         " records routed, " + std::to_string(applied_now) + " applied");
}

}  // namespace shardflow
