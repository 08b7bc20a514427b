#include "pipeline/store/shard.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cassert>
#include <cmath>

#include "pipeline/store/growth.hpp"
#include "pipeline/store/write_entry.hpp"

namespace shardflow {
namespace {

// Room is made for this many records at a time: few enough that a block of repeats can't make the
// table grow by much, many enough that the check costs nothing.
constexpr std::size_t kStepRecords = 1024;
// The table's first size: 64 KiB.
constexpr std::size_t kFirstKeys = 5'700;

// Three stages, so that no record waits for memory. A record's slot is fetched this many records before its
// turn …
constexpr std::size_t kFetchAhead = 48;
// … then located, which tells a repeated key's entry, and that is fetched, this many before.
constexpr std::size_t kLocateAhead = 16;
static_assert(std::has_single_bit(kLocateAhead));

// Records that come one by one are not put off: each would wait until the one before is in memory (publish()).
constexpr std::size_t kLeastDeferredStep = 64;

// Longer entries are copied once, from the text.
constexpr std::uint64_t kMostEntryBytes = 64;

// Makes what was put off visible to the thread that settles, also where apply() throws.
struct Publisher {
  const std::optional<Deferral>& deferral;
  ~Publisher() {
    if (deferral) PendingSlots::publish();
  }
};

// The i-th of a list's entries, by offsets from where entry `base` begins.
RecordRef reference(const EntryList& records, std::size_t i, std::size_t base) {
  const auto offset = static_cast<std::uint32_t>(records.offset(i) - records.offset(base));
  const entry::Header header = entry::read(records.data() + records.offset(i));
  const std::uint32_t key_offset = offset + header.header_bytes;
  return {records.slots()[i].hash, key_offset, header.key_bytes, key_offset + header.key_bytes, header.value_bytes};
}

}  // namespace

void Shard::apply(const char* text, std::span<const RecordRef> records, double input_share) {
  const Publisher publisher{deferral_};
  static constexpr std::array<ApplyStep, 3> kWays{&Shard::apply_step_anywhere, &Shard::apply_step_avx2,
                                                  &Shard::apply_step_avx512};
  static const ApplyStep kBest = kWays[static_cast<std::size_t>(slot_line::best_way())];
  const auto count = static_cast<double>(records.size());
  for (std::size_t done = 0; done < records.size(); done += kStepRecords) {
    const auto step = records.subspan(done, std::min(records.size() - done, kStepRecords));
    make_room(step.size(), std::lerp(input_share_, input_share, static_cast<double>(done) / count));
    if (deferral_) {
      defer(text, step);
    } else {
      (this->*kBest)(text, step);
    }
    applied_ += step.size();
  }
  input_share_ = input_share;
}

bool Shard::wants_entries() const { return deferral_ && arena_.used_bytes() <= kMostEntryBytes * applied_; }

void Shard::apply(const EntryList& records, double input_share) {
  const Publisher publisher{deferral_};
  if (deferral_) make_room(records.size(), input_share_);
  if (deferral_) {
    defer(records);
    applied_ += records.size();
    input_share_ = input_share;
    return;
  }
  const double share_before = input_share_;
  std::array<RecordRef, kStepRecords> references;
  for (std::size_t done = 0; done < records.size();) {
    const std::size_t step = std::min(records.size() - done, kStepRecords);
    for (std::size_t i = 0; i < step; ++i) references[i] = reference(records, done + i, done);
    const char* const text = records.data() + records.offset(done);
    done += step;
    const double share = static_cast<double>(done) / static_cast<double>(records.size());
    apply(text, std::span(references).first(step), std::lerp(share_before, input_share, share));
  }
}

template <class Line>
inline void Shard::apply_step(const char* text, std::span<const RecordRef> records) {
  const SlotLines lines = table_.lines();
  // Before a record that comes alone there is nothing to do meanwhile.
  if (records.size() == 1) return upsert(lines.locate<Line>(records[0].hash), text, records[0]);
  Arena::Starts starts = arena_.starts();
  // The last record stands for what would be behind it.
  const RecordRef* const last = &records.back();
  const auto ahead = [last](const RecordRef* record, std::size_t by) {
    return static_cast<std::size_t>(last - record) > by ? record + by : last;
  };
  const auto locate = [&](const RecordRef& record) {
    Slot& slot = lines.locate<Line>(record.hash);
    // A short entry's value is often on a second line. Of a free slot there is no entry, so nothing can be added to
    // its address but as to a number.
    const char* const entry = starts.at(slot.entry);
    __builtin_prefetch(entry, 1);
    __builtin_prefetch(reinterpret_cast<const void*>(reinterpret_cast<std::uintptr_t>(entry) + 24), 1);
    return &slot;
  };
  // In no function of its own: of one that does nothing else GCC drops the calls.
  for (const RecordRef& record : records.first(std::min(kFetchAhead, records.size()))) {
    __builtin_prefetch(lines.home(record.hash), 1);
    __builtin_prefetch(text + record.key_offset);
  }
  std::array<Slot*, kLocateAhead> located;
  for (std::size_t i = 0; i < std::min(kLocateAhead, records.size()); ++i) located[i] = locate(records[i]);
  std::size_t turn = 0;
  for (const RecordRef& record : records) {
    Slot*& slot = located[turn++ % kLocateAhead];
    // A search that ends at a free slot is not to be repeated: a key of this hash that came since would be there.
    if (slot->entry == 0) {
      insert(*slot, text, record);
      starts = arena_.starts();
    } else if (!update_short(starts, *slot, text, record)) {
      upsert(*slot, text, record);
      starts = arena_.starts();
    }
    slot = locate(*ahead(&record, kLocateAhead));
    const RecordRef& later = *ahead(&record, kFetchAhead);
    __builtin_prefetch(lines.home(later.hash), 1);
    __builtin_prefetch(text + later.key_offset);
  }
}

// Flattened, because a function for any processor can't take in line what is for some.
[[gnu::flatten]] void Shard::apply_step_anywhere(const char* text, std::span<const RecordRef> records) {
  apply_step<slot_line::Usual>(text, records);
}

#if defined(__x86_64__)

[[gnu::flatten]] __attribute__((target("avx2,bmi,bmi2"))) void Shard::apply_step_avx2(
    const char* text, std::span<const RecordRef> records) {
  apply_step<slot_line::Avx2>(text, records);
}

[[gnu::flatten]] __attribute__((target("avx512f,avx512bw,avx512vl,bmi,bmi2"))) void Shard::apply_step_avx512(
    const char* text, std::span<const RecordRef> records) {
  apply_step<slot_line::Avx512>(text, records);
}

#else

void Shard::apply_step_avx2(const char* text, std::span<const RecordRef> records) {
  apply_step_anywhere(text, records);
}
void Shard::apply_step_avx512(const char* text, std::span<const RecordRef> records) {
  apply_step_anywhere(text, records);
}

#endif

std::optional<std::string_view> Shard::find(std::string_view key, std::uint32_t hash) const {
  assert(!deferral_);
  if (table_.empty()) return std::nullopt;
  const SlotLines& lines = table_.lines();
  const Slot& slot = lines.resolve(lines.locate(hash), hash, [&](Arena::Place place) {
    const char* const at = arena_.at(place);
    return entry::key(at, entry::read(at)) == key;
  });
  if (slot.entry == 0) return std::nullopt;
  const char* const at = arena_.at(slot.entry);
  return entry::value(at, entry::read(at));
}

void Shard::make_room(std::size_t records, double input_share) {
  if (deferral_ && !outgrows_its_keys() && deferral_->still_pays()) {
    return deferral_->make_room(records, {deferral_->slots().size(), applied_, input_share});
  }
  settle();
  if (has_garbage()) compact();
  if (table_.room() >= records) return;
  const GrowthState state{table_.size(), applied_, input_share};
  const bool few_repeat = Deferral::pays(expected_keys(state), table_.size() - keys_then_, applied_ - applied_then_);
  const std::size_t keys = std::max(table_.empty() ? kFirstKeys : planned_keys(state), table_.size() + records);
  if (defers_ && few_repeat && records >= kLeastDeferredStep) {
    begin_deferral(keys);
  } else {
    table_.rebuild_for(keys);
    keys_then_ = table_.size();
    applied_then_ = applied_;
  }
}

bool Shard::has_garbage() const {
  const std::uint64_t live = live_bytes();
  return arena_.used_bytes() > live + live / 2 + kSparedGarbageBytes;
}

void Shard::compact() {
  std::size_t chunks = arena_.chunks();
  for (arena_.begin_chunk(); chunks > 0; --chunks) {
    arena_.drain_first_chunk([this](Arena::Entry from) { move(from); });
  }
}

void Shard::move(Arena::Entry from) {
  const entry::Header header = entry::read(from.at);
  const std::string_view key = entry::key(from.at, header);
  const std::uint32_t hash = slot_hash(hash_->padded(key));
  const SlotLines& lines = table_.lines();
  Slot& slot = lines.resolve(lines.locate(hash), hash, [&](Arena::Place place) { return place == from.place; });
  slot.entry = write_entry(arena_, key, entry::value(from.at, header), header.value_bytes);
  entry::kill(from.at);
}

[[gnu::always_inline]] inline bool Shard::update_short(const Arena::Starts& starts, const Slot& located,
                                                       const char* text, const RecordRef& record) {
  if (located.hash != record.hash) return false;
  char* const at = starts.at(located.entry);
  const entry::Header header = entry::read_short(at);
  char* const key = at + entry::kShortHeaderBytes;
  if (record.key_bytes != header.key_bytes || record.value_bytes > header.value_room || entry::is_long(at) ||
      !equal_padded(key, text + record.key_offset, record.key_bytes))
    return false;
  entry::set_short_value_bytes(at, record.value_bytes);
  copy_exactly(key + record.key_bytes, text + record.value_offset, record.value_bytes);
  value_bytes_ += std::uint64_t{record.value_bytes} - header.value_bytes;
  return true;
}

// Not in line: it takes registers that update_short() wants.
[[gnu::noinline]] void Shard::upsert(Slot& located, const char* text, const RecordRef& record) {
  const char* const key = text + record.key_offset;
  Slot& slot = table_.lines().resolve(located, record.hash, [&](Arena::Place place) {
    const char* const at = arena_.at(place);
    const entry::Header header = entry::read(at);
    return header.key_bytes == record.key_bytes && equal_padded(at + header.header_bytes, key, record.key_bytes);
  });
  if (slot.entry == 0) {
    insert(slot, text, record);
  } else {
    update(slot, text, record);
  }
}

inline void Shard::insert(Slot& slot, const char* text, const RecordRef& record) {
  const std::string_view key(text + record.key_offset, record.key_bytes);
  const std::string_view value(text + record.value_offset, record.value_bytes);
  table_.occupy(slot, record.hash, write_entry(arena_, key, value, value.size()));
  key_bytes_ += record.key_bytes;
  value_bytes_ += record.value_bytes;
}

inline void Shard::update(Slot& slot, const char* text, const RecordRef& record) {
  char* const at = arena_.at(slot.entry);
  const entry::Header header = entry::read(at);
  if (record.value_bytes <= header.value_room) [[likely]] {
    entry::set_value_bytes(at, record.value_bytes);
    std::memcpy(at + header.header_bytes + header.key_bytes, text + record.value_offset, record.value_bytes);
  } else {
    // A quarter more than it needs, so that a value that grows again and again is not moved each time.
    const std::string_view key(text + record.key_offset, record.key_bytes);
    const std::string_view value(text + record.value_offset, record.value_bytes);
    slot.entry = write_entry(arena_, key, value, value.size() + value.size() / 4);
    entry::kill(at);
  }
  value_bytes_ += record.value_bytes;
  value_bytes_ -= header.value_bytes;
}

}  // namespace shardflow
