// The final map as TSV, such that reading it gives the same map again.
#pragma once

#include "pipeline/output/sink.hpp"
#include "pipeline/store/store.hpp"

namespace shardflow {

enum class Order {
  kAsStored,  // shard by shard; differs with the number of shards
  kByKey,     // by the keys' bytes, unsigned: the same for every store with these records
};

// Writes a line a record; does not commit. TSV has no escapes, so two cases need care: a value that ends in
// CR gets CRLF as its line's end, and a byte order mark at the first key's start gets one before it.
// Throws what the sink throws.
void write_tsv(const Store& store, Order order, Sink& sink);

}  // namespace shardflow
