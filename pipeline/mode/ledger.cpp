#include "pipeline/mode/ledger.hpp"

#include <algorithm>
#include <cassert>
#include <stdexcept>
#include <string>

#include "pipeline/errors.hpp"
#include "pipeline/input/describe.hpp"

namespace shardflow {
namespace {

std::uint64_t applied(const Store& store) {
  std::uint64_t records = 0;
  for (const Shard& shard : store.shards()) records += shard.applied();
  return records;
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
  for (const BadLine& bad : batch.parsed.bad) refuse(batch, bad);
  lines_ += batch.parsed.lines;
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

void Ledger::refuse(const Batch& batch, const BadLine& bad) {
  // What is beyond the limit was read or not, as the blocks have it.
  const auto shown = std::min<std::size_t>(bad.bytes, std::size_t{options_.rules.max_record_bytes} + 1);
  const Reject reject{source_.file_name(file_index_), lines_ + bad.line + 1, batch.block.file_offset + bad.offset,
                      reason(bad, options_.rules, batch.block.format), batch.block.text().substr(bad.offset, shown)};
  const std::string message = reject.file + ":" + std::to_string(reject.line) + " (byte " +
                              std::to_string(reject.byte) + "): " + reject.reason + ": \"" + excerpt(reject.record) +
                              "\"";
  if (!options_.rules.skip_bad) throw BadInputError(message + "; " + expectation(bad, batch.block.format));
  ++report_.skipped;
  if (options_.rejects != nullptr) options_.rejects->take(reject);
  if (options_.skipped_before + report_.skipped > options_.max_errors) {
    throw BadInputError("more than " + std::to_string(options_.max_errors) +
                        (options_.max_errors == 1 ? " bad record" : " bad records") +
                        " (--max-errors), the last: " + message);
  }
}

RunReport Ledger::close(std::uint64_t blocks_read) const {
  const std::uint64_t applied_now = applied(store_) - applied_before_;
  if (blocks_read == report_.blocks && applied_now == report_.routed) return report_;
  throw std::logic_error("records were lost on the way: " + std::to_string(blocks_read) + " blocks read, " +
                         std::to_string(report_.blocks) + " partitioned; " + std::to_string(report_.routed) +
                         " records routed, " + std::to_string(applied_now) + " applied");
}

}  // namespace shardflow
