#include "pipeline/store/shard.hpp"

#include <algorithm>
#include <array>
#include <bit>

#include "pipeline/store/growth.hpp"

namespace shardflow {
namespace {

// Room is made for this many records at a time: few enough that a block of repeats can't make the
// table grow by much, many enough that the check costs nothing.
constexpr std::size_t kStepRecords = 1024;
// The table's first size. 5,734 keys at its goal load, 128 KiB.
constexpr std::size_t kFirstKeys = 5'700;

// Three stages, so that no record waits for memory. A record's slot is fetched this many records before its
// turn …
constexpr std::size_t kFetchAhead = 48;
// … then located, which tells a repeated key's entry, and that is fetched, this many before.
constexpr std::size_t kLocateAhead = 8;
static_assert(std::has_single_bit(kLocateAhead));

}  // namespace

void Shard::apply(const char* text, std::span<const RecordRef> records, double input_share) {
  while (!records.empty()) {
    const auto step = records.first(std::min(records.size(), kStepRecords));
    make_room(step.size(), input_share);
    apply_step(text, step);
    applied_ += step.size();
    records = records.subspan(step.size());
  }
}

void Shard::apply_step(const char* text, std::span<const RecordRef> records) {
  std::array<Slot*, kLocateAhead> located;
  const std::size_t count = records.size();
  for (std::size_t turn = 0; turn < count + kFetchAhead; ++turn) {
    if (turn >= kFetchAhead) {
      const std::size_t now = turn - kFetchAhead;
      upsert(*located[now % kLocateAhead], text, records[now]);
    }
    const std::size_t soon = turn - (kFetchAhead - kLocateAhead);  // before 0 it wraps around, beyond count
    if (soon < count) {
      Slot& slot = table_.locate(records[soon].hash);
      located[soon % kLocateAhead] = &slot;
      __builtin_prefetch(slot.entry, 1);
    }
    if (turn < count) {
      table_.prefetch(records[turn].hash);
      __builtin_prefetch(text + records[turn].key_offset);
    }
  }
}

std::optional<std::string_view> Shard::find(std::string_view key, std::uint64_t hash) const {
  if (table_.empty()) return std::nullopt;
  const Slot& slot =
      table_.resolve(table_.locate(hash), hash, [&](const char* at) { return entry::key(at, entry::read(at)) == key; });
  if (slot.entry == nullptr) return std::nullopt;
  return entry::value(slot.entry, entry::read(slot.entry));
}

void Shard::make_room(std::size_t records, double input_share) {
  if (table_.room() >= records) return;
  const std::size_t planned = table_.empty() ? kFirstKeys : planned_keys({table_.size(), applied_, input_share});
  table_.rebuild_for(std::max(planned, table_.size() + records));
}

inline void Shard::upsert(Slot& located, const char* text, const RecordRef& record) {
  const char* const key = text + record.key_offset;
  Slot& slot = table_.resolve(located, record.hash, [&](const char* at) {
    const entry::Header header = entry::read(at);
    return header.key_bytes == record.key_bytes && equal_padded(at + header.header_bytes, key, record.key_bytes);
  });
  if (slot.entry == nullptr) {
    insert(slot, text, record);
  } else {
    update(slot, text, record);
  }
}

inline void Shard::insert(Slot& slot, const char* text, const RecordRef& record) {
  char* const at = arena_.allocate(entry::total_bytes(record.key_bytes, record.value_bytes));
  char* const key = entry::write_header(at, record.key_bytes, record.value_bytes, record.value_bytes);
  copy_padded(key, text + record.key_offset, record.key_bytes);
  copy_padded(key + record.key_bytes, text + record.value_offset, record.value_bytes);
  table_.occupy(slot, record.hash, at);
  key_bytes_ += record.key_bytes;
  value_bytes_ += record.value_bytes;
}

inline void Shard::update(Slot& slot, const char* text, const RecordRef& record) {
  const entry::Header header = entry::read(slot.entry);
  value_bytes_ += record.value_bytes;
  value_bytes_ -= header.value_bytes;
  if (record.value_bytes <= header.value_room) [[likely]] {
    entry::set_value_bytes(slot.entry, record.value_bytes);
    std::memcpy(slot.entry + header.header_bytes + header.key_bytes, text + record.value_offset, record.value_bytes);
    return;
  }
  // Half as much again as it needs: however often a value grows, what it left behind stays below three
  // times its longest.
  const std::size_t room = record.value_bytes + std::size_t{record.value_bytes} / 2;
  char* const at = arena_.allocate(entry::total_bytes(record.key_bytes, room));
  char* const key = entry::write_header(at, record.key_bytes, record.value_bytes, room);
  copy_padded(key, text + record.key_offset, record.key_bytes);
  copy_padded(key + record.key_bytes, text + record.value_offset, record.value_bytes);
  entry::kill(slot.entry);
  slot.entry = at;
}

}  // namespace shardflow
