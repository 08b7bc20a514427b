// Of a shard, what it does where it puts off to look for keys' places.
#include <algorithm>
#include <array>

#include "pipeline/store/shard.hpp"
#include "pipeline/store/write_entry.hpp"

namespace shardflow {
namespace {

// A record's text is fetched this many records before its turn …
constexpr std::size_t kTextAhead = 48;
// … and a slot's line of the table, so many slots.
constexpr std::size_t kTakeAhead = 32;

}  // namespace

// Bytes of short keys and values; in one number, because the compiler would make a vector of two, and keep that in
// memory.
struct Shard::Counted {
  Shard& shard;
  std::uint64_t both = 0;

  void add(const RecordRef& record) { both += std::uint64_t{record.key_bytes} << 32 | record.value_bytes; }
  // Also where something is thrown.
  ~Counted() {
    shard.key_bytes_ += both >> 32;
    shard.value_bytes_ += both & UINT32_MAX;
  }
};

// Flattened, and what is not short elsewhere: with a call in it, the loop keeps half of what it works on in memory.
[[gnu::flatten]] void Shard::defer(const char* text, std::span<const RecordRef> records) {
  Counted counted{*this};
  PendingSlots& slots = deferral_->slots();
  const std::size_t count = records.size();
  for (std::size_t turn = 0; turn < count + kTextAhead; ++turn) {
    if (turn >= kTextAhead) {
      const RecordRef& record = records[turn - kTextAhead];
      if (record.key_bytes <= 16 && record.value_bytes <= 16 && slots.has_room(record.hash)) [[likely]] {
        const std::string_view key(text + record.key_offset, record.key_bytes);
        const std::string_view value(text + record.value_offset, record.value_bytes);
        slots.push({record.hash, write_entry_as<entry::Shape::kShort>(arena_, key, value, value.size())});
        counted.add(record);
      } else {
        defer_one(text, record);
      }
    }
    if (turn < count) __builtin_prefetch(text + records[turn].key_offset);
  }
}

[[gnu::noinline]] void Shard::defer_one(const char* text, const RecordRef& record) {
  const std::string_view key(text + record.key_offset, record.key_bytes);
  const std::string_view value(text + record.value_offset, record.value_bytes);
  deferral_->slots().make_room(record.hash);
  deferral_->slots().push({record.hash, write_entry(arena_, key, value, value.size())});
  key_bytes_ += record.key_bytes;
  value_bytes_ += record.value_bytes;
}

void Shard::settle() {
  if (!deferral_) return;
  static constexpr std::array<TakeIn, 3> kWays{&Shard::take_in_anywhere, &Shard::take_in_avx2, &Shard::take_in_avx512};
  static const TakeIn kBest = kWays[static_cast<std::size_t>(slot_line::best_way())];
  const PendingSlots& slots = deferral_->slots();
  if (table_.room() < slots.size()) {
    try {
      table_.rebuild_for(table_.size() + slots.size());
    } catch (...) {
      drop_deferred();
      throw;
    }
  }
  slots.for_each_run([this](std::span<const Slot> run) { (this->*kBest)(run); });
  deferral_.reset();
  keys_then_ = table_.size();
  applied_then_ = applied_;
}

// A slot's key is new, or its place is found in the table.
template <class Line>
inline void Shard::take_in(std::span<const Slot> pending) {
  for (const Slot& slot : pending.first(std::min(kTakeAhead, pending.size()))) table_.prefetch(slot.hash);
  for (std::size_t i = 0; i < pending.size(); ++i) {
    table_.prefetch(pending[std::min(i + kTakeAhead, pending.size() - 1)].hash);
    const Slot newer = pending[i];
    Slot& slot = table_.resolve(table_.locate<Line>(newer.hash), newer.hash, [&](Arena::Place place) {
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
  key_bytes_ -= older_header.key_bytes;
  value_bytes_ -= older_header.value_bytes;
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

void Shard::drop_deferred() noexcept {
  deferral_->slots().for_each_run([this](std::span<const Slot> run) {
    for (const Slot& slot : run) {
      char* const at = arena_.at(slot.entry);
      const entry::Header header = entry::read(at);
      key_bytes_ -= header.key_bytes;
      value_bytes_ -= header.value_bytes;
      entry::kill(at);
    }
  });
  deferral_.reset();
}

}  // namespace shardflow
