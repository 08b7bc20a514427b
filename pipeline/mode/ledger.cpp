#include "pipeline/mode/ledger.hpp"

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
  }
  return "";
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
  if (batch.bad_line) refuse(batch);
  lines_ += batch.records;
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
                      "): " + describe(bad.flaw, options_.max_record_bytes) + ": \"" + excerpt(line) +
                      "\"; expected KEY<TAB>VALUE on every line");
}

RunReport Ledger::close(std::uint64_t blocks_read) const {
  const std::uint64_t applied_now = applied(store_) - applied_before_;
  if (blocks_read == report_.blocks && applied_now == report_.routed) return report_;
  throw std::logic_error("records were lost on the way: " + std::to_string(blocks_read) + " blocks read, " +
                         std::to_string(report_.blocks) + " partitioned; " + std::to_string(report_.routed) +
                         " records routed, " + std::to_string(applied_now) + " applied");
}

}  // namespace shardflow
