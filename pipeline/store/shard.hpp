// One shard of the store: a table and an arena, written by one thread at a time, read by any number
// once the writing is over and settled.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "pipeline/record.hpp"
#include "pipeline/store/arena.hpp"
#include "pipeline/store/deferral.hpp"
#include "pipeline/store/entry_list.hpp"
#include "pipeline/store/key_hash.hpp"
#include "pipeline/store/table.hpp"

namespace shardflow {

class Shard {
 public:
  // Both must outlive it.
  Shard(const KeyHash& hash, MemoryBudget& budget) : hash_(&hash), budget_(&budget), table_(budget), arena_(budget) {}

  // Upserts the records in their order; the last value of a key stays. `text` is the block's text that
  // they point into, with KeyHash::kPaddingBytes readable bytes behind it. `input_share` is how much of
  // the whole input (0 to 1) has been read by the end of this batch, 0 if nobody knows: it is what the
  // table's growth is planned by. What values leave behind that outgrow their room, or shrink, is compacted where it
  // is more than half of what is alive. Where keys are put off, which takes the memory of the table that is planned at
  // once, the value that one had before is known for garbage from settle() on alone. Throws MemoryLimitError,
  // ShardFullError; the shard stays valid.
  void apply(const char* text, std::span<const RecordRef> records, double input_share);
  // Likewise, of records that are entries already.
  void apply(const EntryList& records, double input_share);
  // Whether records that come as entries would cost it less: where keys are put off, and short.
  bool wants_entries() const;

  // Takes into the table what apply() has put off. To be called before any of what follows, but applied(), once the
  // last records are applied, or apply() has thrown.
  void settle() noexcept;
  bool settled() const { return !deferral_; }

  // The value, valid until the shard is written to again or destroyed.
  std::optional<std::string_view> find(std::string_view key, std::uint32_t hash) const;

  // Calls visit(key, value) for every record, in the order in which the keys first came
  // (a value that outgrew its room moves to the end). The value's bytes stand behind the key's.
  template <class Visit>
  void for_each(Visit&& visit) const {
    for (std::size_t i = 0; i < chunks(); ++i) for_each_in(i, visit);
  }
  // Likewise, of a part: from any thread, each part on its own. REQUIRES: chunk < chunks().
  template <class Visit>
  void for_each_in(std::size_t chunk, Visit&& visit) const {
    for_each_entry_in(chunk, [&](const char* at) { entry::visit_record(at, visit); });
  }
  std::size_t chunks() const { return arena_.chunks(); }
  // Likewise, by runs of about so many bytes of entries: visit(Arena::Run) for each, and, on any thread, each of a
  // run's records.
  template <class Visit>
  void for_each_run(std::size_t bytes, Visit&& visit) const {
    arena_.for_each_run(bytes, visit);
  }
  template <class Visit>
  static void for_each_of(const Arena::Run& run, Visit&& visit) {
    Arena::for_each_live(run, [&](const char* at) { entry::visit_record(at, visit); });
  }
  // Calls visit(const char*) for every record's entry (see entry.hpp) in a part, in that order.
  template <class Visit>
  void for_each_entry_in(std::size_t chunk, Visit&& visit) const {
    arena_.for_each_live_in(chunk, visit);
  }

  // Likewise, for one entry in about every so many, in an order that has nothing to do with the keys'. REQUIRES:
  // 0 < every < 2^32.
  template <class Visit>
  void for_each_sample(std::size_t every, Visit&& visit) const {
    table_.for_each_sample(every, [&](Arena::Place place) { visit(static_cast<const char*>(arena_.at(place))); });
  }

  std::size_t size() const { return table_.size(); }
  // Records applied, repeats included.
  std::uint64_t applied() const { return applied_; }
  std::uint64_t table_bytes() const { return table_.mapped_bytes(); }
  std::uint64_t arena_bytes() const { return arena_.mapped_bytes(); }
  // Of it, bytes of entries, and of what values left behind.
  std::uint64_t arena_used_bytes() const { return arena_.used_bytes(); }
  // Bytes of all keys, and of all values as they are now.
  std::uint64_t key_bytes() const { return key_bytes_; }
  std::uint64_t value_bytes() const { return value_bytes_; }

 private:
  void make_room(std::size_t records, double input_share);

  // What is done to a few records, or slots, one at least. One way for each kind of processor, all the same code but
  // for the search in a line.
  using ApplyStep = void (Shard::*)(const char* text, std::span<const RecordRef> records);
  void apply_step_anywhere(const char* text, std::span<const RecordRef> records);
  void apply_step_avx2(const char* text, std::span<const RecordRef> records);
  void apply_step_avx512(const char* text, std::span<const RecordRef> records);
  using TakeIn = void (Shard::*)(std::span<const Slot> pending);
  void take_in_anywhere(std::span<const Slot> pending);
  void take_in_avx2(std::span<const Slot> pending);
  void take_in_avx512(std::span<const Slot> pending);

  template <class Line>
  void apply_step(const char* text, std::span<const RecordRef> records);
  // Most updates, with fewer instructions than upsert(): those where the search ends at the key's own slot, whose entry
  // is short and has room for the value. Else false, and nothing is done. REQUIRES: the slot is not free.
  bool update_short(const Arena::Starts& starts, const Slot& located, const char* text, const RecordRef& record);
  void upsert(Slot& located, const char* text, const RecordRef& record);
  void insert(Slot& slot, const char* text, const RecordRef& record);
  void update(Slot& slot, const char* text, const RecordRef& record);

  void begin_deferral(std::size_t keys);
  // Whether entries that were put off take half as much again as keys would that are like those before: then some are
  // likely of keys that repeat, and these have the longer values.
  bool outgrows_its_keys() const;
  void defer(const char* text, std::span<const RecordRef> records);
  void defer(const EntryList& records);
  void defer_copied(Arena::Place place, std::span<const Slot> slots);
  void uncount(const char* at);
  void drop(Arena::Place place);
  template <class Line>
  void take_in(std::span<const Slot> pending);
  void replace(Slot& slot, Arena::Place newer);

  // Of the entries in the table.
  std::uint64_t live_bytes() const { return key_bytes_ + value_bytes_ + table_.size() * kEntryBytes; }
  bool has_garbage() const;
  void compact();
  void compact_if_there_is_room();
  void move(Arena::Entry from);

  // What an entry takes beyond its key and value, rounded up: its header, and the end of its last unit.
  static constexpr std::uint64_t kEntryBytes = entry::kShortHeaderBytes + entry::kUnitBytes / 2;
  // Below this much garbage nothing is compacted.
  static constexpr std::uint64_t kSparedGarbageBytes = std::uint64_t{64} << 10;

  const KeyHash* hash_;
  MemoryBudget* budget_;
  Table table_;
  Arena arena_;
  std::optional<Deferral> deferral_;
  bool defers_ = true;      // not once keys that were put off have left garbage
  double bytes_a_key_ = 0;  // of entries, when putting off began
  std::uint64_t applied_ = 0;
  // When the table was last made to fit:
  std::uint64_t keys_then_ = 0;
  std::uint64_t applied_then_ = 0;
  double input_share_ = 0;  // read by the end of the batch before
  std::uint64_t key_bytes_ = 0;
  std::uint64_t value_bytes_ = 0;
};

}  // namespace shardflow
