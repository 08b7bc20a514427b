#include "pipeline/store/partition.hpp"

#include <array>

#include "pipeline/input/parse.hpp"
#include "pipeline/store/bytes.hpp"

namespace shardflow {
namespace {

RecordRef reference(const Fields& fields, std::uint64_t hash) {
  return {hash, fields.key_offset, fields.key_bytes, fields.value_offset, fields.value_bytes};
}

}  // namespace

// Remembers where the keys of the block at hand were routed to, so that a repeat replaces the value there
// and goes no further. Direct-mapped: a later key takes the place of an earlier one. What it says is
// checked against the lists, so a place that was never written does no harm.
class Combiner {
 public:
  struct Place {
    std::uint32_t shard;
    std::uint32_t index;
  };

  Place& place(std::uint64_t hash) { return places_[hash >> (64 - kBits)]; }

 private:
  // 4,096 places of 8 bytes: 32 KiB, which a first-level cache holds. More places catch more repeats but
  // miss that cache.
  static constexpr int kBits = 12;
  std::array<Place, std::size_t{1} << kBits> places_{};
};

namespace {

// A repeat saves the shard an upsert (10 to 20 ns where the table is large) and costs a look-up for every
// record (2 ns), so it pays from about one repeat in six.
constexpr std::uint32_t kPaysFrom = 1024 / 6;
// While it does not pay, one block in this many is combined all the same, to see whether it does by now.
constexpr std::uint64_t kProbeEvery = 32;

}  // namespace

Partition::Partition(std::uint32_t shards, const RecordRules& rules, const KeyHash& hash)
    : router_(shards), rules_(rules), hash_(hash) {}

void Partition::run(Batch& batch) {
  if (combining_pays(batch.sequence)) {
    route_combined(batch);
  } else {
    route(batch);
  }
}

bool Partition::combining_pays(std::uint64_t sequence) const {
  return sequence % kProbeEvery == 0 || repeats_per_1024_.load(std::memory_order_relaxed) >= kPaysFrom;
}

// Each format's parser has a copy of what is done with a record: in line, or it costs 2 instructions more a record.
void Partition::route(Batch& batch) {
  std::uint64_t records = 0;
  batch.parsed = parse_records(
      batch.block, rules_, [&](const Fields& fields) __attribute__((always_inline)) {
        const char* const text = batch.block.data_of_text();
        const std::string_view key(text + fields.key_offset, fields.key_bytes);
        batch.parts[router_.shard_of(key)].push(reference(fields, hash_.padded(key)));
        ++records;
      });
  batch.records = records;
  batch.routed = records;
}

void Partition::route_combined(Batch& batch) {
  Combiner combiner;
  std::uint64_t records = 0;
  std::uint64_t repeats = 0;
  batch.parsed = parse_records(
      batch.block, rules_, [&](const Fields& fields) __attribute__((always_inline)) {
        const char* const text = batch.block.data_of_text();
        const std::string_view key(text + fields.key_offset, fields.key_bytes);
        const std::uint64_t hash = hash_.padded(key);
        ++records;
        Combiner::Place& place = combiner.place(hash);
        if (place.shard < batch.parts.size() && place.index < batch.parts[place.shard].size()) {
          RecordRef& earlier = batch.parts[place.shard][place.index];
          if (earlier.hash == hash && earlier.key_bytes == fields.key_bytes &&
              equal_padded(text + earlier.key_offset, key.data(), key.size())) {
            earlier.value_offset = fields.value_offset;
            earlier.value_bytes = fields.value_bytes;
            ++repeats;
            return;
          }
        }
        const std::uint32_t shard = router_.shard_of(key);
        place = {shard, batch.parts[shard].size()};
        batch.parts[shard].push(reference(fields, hash));
      });
  batch.records = records;
  batch.routed = records - repeats;
  if (records > 0) {
    repeats_per_1024_.store(static_cast<std::uint32_t>(repeats * 1024 / records), std::memory_order_relaxed);
  }
}

}  // namespace shardflow
