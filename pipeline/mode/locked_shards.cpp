#include "pipeline/mode/locked_shards.hpp"

namespace shardflow {

LockedShards::LockedShards(Store& store, const RunOptions& options)
    : shards_(store.shards()),
      hash_(store.hash()),
      router_(static_cast<std::uint32_t>(shards_.size())),
      latency_(options, shards_.size()),
      mutexes_(shards_.size()) {}

void LockedShards::upsert(const Batch& batch, const Fields& fields, std::uint64_t index) noexcept try {
  const char* const text = batch.block.data_of_text();
  const std::string_view key(text + fields.key_offset, fields.key_bytes);
  const RecordRef record{slot_hash(hash_.padded(key)), fields.key_offset, fields.key_bytes, fields.value_offset,
                         fields.value_bytes};
  const std::uint32_t shard = router_.shard_of(key);
  const std::scoped_lock lock(mutexes_[shard]);
  shards_[shard].apply(text, {&record, 1}, batch.block.input_share);
  latency_.record_done(shard, batch, index);
} catch (...) {
  const std::scoped_lock lock(failure_mutex_);
  if (!failure_) failure_ = std::current_exception();
  failed_ = true;
}

void LockedShards::rethrow() {
  if (!failed_) return;
  const std::scoped_lock lock(failure_mutex_);
  std::rethrow_exception(failure_);
}

}  // namespace shardflow
