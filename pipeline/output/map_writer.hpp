// The final map into one file or several.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>

#include "pipeline/output/compression.hpp"
#include "pipeline/output/record_format.hpp"
#include "pipeline/output/record_layout.hpp"
#include "pipeline/output/sink.hpp"
#include "pipeline/store/store.hpp"

namespace shardflow {

struct Progress;

enum class Order {
  kAsStored,  // a little of each shard in turn; differs with the number of shards
  kByKey,     // by the keys' bytes, unsigned: the same for every store with these records
};

struct WriteOptions {
  RecordFormat format = RecordFormat::kTsv;
  Compression compression = Compression::kNone;
  Order order = Order::kAsStored;
  std::uint32_t threads = 1;
  // Where not nullptr, kept up to date: bytes, and the share of the store, that are written.
  Progress* progress = nullptr;
  std::optional<RecordLayout> layout = std::nullopt;  // none: the format's usual one

  const RecordLayout& laid_out() const { return layout ? *layout : RecordLayout::usual(format); }
};

// Writes each record to sink murmur3_x86_32(key, 0) % sinks.size(): where there are as many sinks as shards, a shard
// is a file. Does not commit. Records are formatted and compressed in parallel, in pieces, and written in order by one
// thread at a time; in memory are at most two pieces a thread, of up to 8 MiB of the store each, and, by key, a copy of
// each entry of up to 64 bytes, and 20 bytes of each longer one.
// Throws what a sink throws, EncodingError.
void write_map(const Store& store, const WriteOptions& options, std::span<const std::unique_ptr<Sink>> sinks);

}  // namespace shardflow
