// Of a shard, what it does where it puts off to look for keys' places.
#include <algorithm>
#include <array>
#include <cassert>
#include <cstring>
#include <new>

#include "pipeline/errors.hpp"
#include "pipeline/store/shard.hpp"
#include "pipeline/store/write_entry.hpp"

namespace shardflow {
namespace {

// A record's text is fetched this many records before its turn …
constexpr std::size_t kTextAhead = 48;
// … and a slot's line of the table, so many slots.
constexpr std::size_t kTakeAhead = 32;

}  // namespace

// Before the first key there is no table to go by, and nothing is put off.
void Shard::begin_deferral(std::size_t keys) {
  assert(table_.size() > 0);
  bytes_a_key_ = static_cast<double>(live_bytes()) / static_cast<double>(table_.size());
  deferral_.emplace(table_, keys, *budget_);
  table_ = Table(*budget_);
}

bool Shard::outgrows_its_keys() const {
  const auto keys = static_cast<double>(deferral_->slots().size());
  return static_cast<double>(arena_.used_bytes()) > 1.5 * bytes_a_key_ * keys + kSparedGarbageBytes;
}

void Shard::defer(const char* text, std::span<const RecordRef> records) {
  PendingSlots& slots = deferral_->slots();
  for (std::size_t i = 0; i < records.size(); ++i) {
    if (i + kTextAhead < records.size()) __builtin_prefetch(text + records[i + kTextAhead].key_offset);
    const RecordRef& record = records[i];
    const std::string_view key(text + record.key_offset, record.key_bytes);
    const std::string_view value(text + record.value_offset, record.value_bytes);
    slots.make_room(record.hash);
    slots.push({record.hash, write_entry(arena_, key, value, value.size())});
    key_bytes_ += record.key_bytes;
    value_bytes_ += record.value_bytes;
  }
}

// The entries as they are, as many at a time as a chunk has room for.
void Shard::defer(const EntryList& records) {
  const std::span<const Slot> slots = records.slots();
  key_bytes_ += records.key_bytes();
  value_bytes_ += records.value_bytes();
  std::size_t done = 0;
  try {
    while (done < slots.size()) {
      const std::size_t begin = records.offset(done);
      const std::size_t end = std::max(records.entries_within(begin + arena_.room()), done + 1);
      const std::size_t bytes = records.offset(end) - begin;
      const Arena::Entry copy = arena_.allocate(bytes);
      std::memcpy(copy.at, records.data() + begin, bytes);
      const auto copied = slots.subspan(done, end - done);
      done = end;
      defer_copied(copy.place, copied);
    }
  } catch (...) {
    for (; done < slots.size(); ++done) uncount(records.data() + records.offset(done));
    throw;
  }
}

// Slots of entries that were copied to `place`, one behind the other.
void Shard::defer_copied(Arena::Place place, std::span<const Slot> slots) {
  PendingSlots& pending = deferral_->slots();
  const Arena::Place base = place - slots.front().entry;
  auto slot = slots.begin();
  try {
    for (; slot != slots.end(); ++slot) {
      pending.make_room(slot->hash);
      pending.push({slot->hash, base + slot->entry});
    }
  } catch (...) {
    for (; slot != slots.end(); ++slot) drop(base + slot->entry);
    throw;
  }
}

void Shard::uncount(const char* at) {
  const entry::Header header = entry::read(at);
  key_bytes_ -= header.key_bytes;
  value_bytes_ -= header.value_bytes;
}

void Shard::drop(Arena::Place place) {
  char* const at = arena_.at(place);
  uncount(at);
  entry::kill(at);
}

void Shard::settle() noexcept {
  if (!deferral_) return;
  static constexpr std::array<TakeIn, 3> kWays{&Shard::take_in_anywhere, &Shard::take_in_avx2, &Shard::take_in_avx512};
  static const TakeIn kBest = kWays[static_cast<std::size_t>(slot_line::best_way())];
  deferral_->slots().move_to(table_, [this](std::span<const Slot> run) { (this->*kBest)(run); });
  deferral_.reset();
  keys_then_ = table_.size();
  applied_then_ = applied_;
  if (has_garbage()) {
    defers_ = false;
    compact_if_there_is_room();
  }
}

// For a store that is filled it is no reason to fail: what is left is compacted when more comes.
void Shard::compact_if_there_is_room() {
  try {
    compact();
  } catch (const MemoryLimitError&) {
  } catch (const ShardFullError&) {
  } catch (const std::bad_alloc&) {
  }
}

// A slot's key is new, or its place is found in the table.
template <class Line>
inline void Shard::take_in(std::span<const Slot> pending) {
  const SlotLines lines = table_.lines();
  for (std::size_t i = 0; i < std::min(kTakeAhead, pending.size()); ++i)
    __builtin_prefetch(lines.home(pending[i].hash), 1);
  for (std::size_t i = 0; i < pending.size(); ++i) {
    __builtin_prefetch(lines.home(pending[std::min(i + kTakeAhead, pending.size() - 1)].hash), 1);
    const Slot newer = pending[i];
    Slot& slot = lines.resolve(lines.locate<Line>(newer.hash), newer.hash, [&](Arena::Place place) {
      const char* const at = arena_.at(place);
      const char* const newer_at = arena_.at(newer.entry);
      return entry::key(at, entry::read(at)) == entry::key(newer_at, entry::read(newer_at));
    });
    if (slot.entry == 0) [[likely]] {
      table_.occupy(slot, newer.hash, newer.entry);
    } else {
      replace(slot, newer.entry);
    }
  }
}

[[gnu::flatten]] void Shard::take_in_anywhere(std::span<const Slot> pending) { take_in<slot_line::Usual>(pending); }

#if defined(__x86_64__)

[[gnu::flatten]] __attribute__((target("avx2,bmi,bmi2"))) void Shard::take_in_avx2(std::span<const Slot> pending) {
  take_in<slot_line::Avx2>(pending);
}

[[gnu::flatten]] __attribute__((target("avx512f,avx512bw,avx512vl,bmi,bmi2"))) void Shard::take_in_avx512(
    std::span<const Slot> pending) {
  take_in<slot_line::Avx512>(pending);
}

#else

void Shard::take_in_avx2(std::span<const Slot> pending) { take_in_anywhere(pending); }
void Shard::take_in_avx512(std::span<const Slot> pending) { take_in_anywhere(pending); }

#endif

// The newer value, where it has room, in the older entry: so the keys keep the order in which they first came.
void Shard::replace(Slot& slot, Arena::Place newer) {
  char* const older_at = arena_.at(slot.entry);
  char* const newer_at = arena_.at(newer);
  const entry::Header older_header = entry::read(older_at);
  const entry::Header newer_header = entry::read(newer_at);
  uncount(older_at);
  if (newer_header.value_bytes <= older_header.value_room) {
    const std::string_view value = entry::value(newer_at, newer_header);
    entry::set_value_bytes(older_at, value.size());
    value.copy(older_at + older_header.header_bytes + older_header.key_bytes, value.size());
    entry::kill(newer_at);
  } else {
    slot.entry = newer;
    entry::kill(older_at);
  }
}

}  // namespace shardflow
