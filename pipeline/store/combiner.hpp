// Combining: of a block's records with the same key, only the last value goes to a shard.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <tuple>

#include "pipeline/block.hpp"
#include "pipeline/input/fields.hpp"
#include "pipeline/input/plain_lines.hpp"
#include "pipeline/paged_list.hpp"
#include "pipeline/store/bytes.hpp"
#include "pipeline/store/key_group.hpp"
#include "pipeline/store/key_hash.hpp"

namespace shardflow {

// A key, and the last record of a block that has it, if there is one: its place in the form in which lines are listed,
// of which Fields are made when the block is over. So a repeat stores two numbers, not four.
struct CombinedRecord {
  // Right before the separator.
  static constexpr std::uint32_t kBesideValue = UINT32_MAX;

  Words16 key;  // its first 16 bytes; zero behind its end
  std::uint32_t key_bytes;
  std::uint32_t key_offset;    // of this record or an earlier one of the block, or kBesideValue
  std::uint32_t before_value;  // where the byte before the value is; UINT32_MAX where it begins the text
  std::uint32_t value_end;

  bool found() const { return before_value != value_end; }
  void forget() {
    key_offset = kBesideValue;
    before_value = value_end = 0;
  }
  // Key and value side by side wherever it can be told, so that they are fetched as one. REQUIRES: found().
  Fields fields() const {
    return {key_offset == kBesideValue ? before_value - key_bytes : key_offset, key_bytes, before_value + 1,
            value_end - before_value - 1};
  }
};

// Where the records of a key go: what is told by the key alone, so that it is told once.
struct KeyHome {
  std::uint32_t shard;
  std::uint32_t hash;  // the table's
};

// Remembers where in a list the keys are that it knows, so that a repeat takes the place of the record there and is no
// record of its own. Two places for each set of keys: a key that finds none takes that of the one before the last,
// which is then forgotten, and if it comes again, listed once more. A place that nothing was written to leads to the
// list's first record, which has no key.
//
// Where a block has two records for each key that is known, the keys stay so for the next one: there, a key's first
// record is found like a repeat, in place of a branch that is mispredicted, and where it goes is known. Longer keys
// than the list has room for are in the block alone, and do not stay; nor do others with them.
class Combiner {
 public:
  // Has 2^set_bits sets. Both must outlive it. REQUIRES: 0 < set_bits < 32. Throws as Pages does.
  Combiner(int set_bits, const KeyHash& hash, MemoryBudget& budget);

  // For the records of this block, which must live until finish(). What a block left that was not finished is
  // forgotten. Throws as Pages does.
  void begin(const Block& block);

  // The next record, or records, of the block's text. Throws as Pages does.
  void take(const Fields& fields) {
    taken_[count_++] = fields;
    if (count_ == taken_.size()) flush();
  }
  void take(const PlainLines& lines);

  // The block is over. Has find_homes(std::span<const CombinedRecord>, KeyHome*) tell where keys go that are new, up to
  // KeyGroup::kKeys at a time, and calls visit(const Fields&, const KeyHome&) for each key of the block, with its last
  // record, in the order in which they came to be known. How many these are. Throws as Pages does, and what both throw.
  template <class FindHomes, class Visit>
  std::uint64_t finish(FindHomes&& find_homes, Visit&& visit);
  // Taken from this block, repeats too, by then.
  std::uint64_t records() const { return records_; }

 private:
  struct Place {
    std::uint32_t hash;
    std::uint32_t index;  // in the list
  };
  using Set = std::array<Place, 2>;

  // What a look-up needs, in one place: or it is loaded again for each, which takes a tenth of its time.
  struct LookUp {
    const Set* sets;
    int hash_shift;
    CombinedRecord* known;
    const KeyGroup& group;
    const KeyGroup::Each& hashes;

    std::uint32_t index_of(std::size_t i) const;
    CombinedRecord* match(std::size_t i, std::uint32_t index) const;
    CombinedRecord* find(std::size_t i) const { return match(i, index_of(i)); }
  };

  LookUp look_up() { return {sets(), 32 - set_bits_, &known_[0], group_, hashes_}; }
  // A list that is longer than there are places has keys that are forgotten, the same one often.
  bool may_keep() const {
    return !any_long_ && known_.size() <= records_ / 2 && known_.size() >> set_bits_ < std::tuple_size_v<Set>;
  }
  // Of a block of new keys, the list is larger than the block, and unused until combining is tried again.
  bool is_memory_scarce() const {
    const MemoryBudget& budget = block_->budget();
    return budget.limit_bytes() - budget.used_bytes() < kScarce * known_.reserved_bytes();
  }
  Set* sets() const { return reinterpret_cast<Set*>(set_pages_.data()); }
  template <bool kQuotes>
  void take_group(const PlainLines& lines);
  void flush();
  bool same_key(std::uint32_t key_offset, const Fields& fields) const;
  void add(std::size_t i, std::uint32_t key_offset, std::uint32_t before_value, std::uint32_t value_end);

  // Less room than for so many such lists.
  static constexpr std::size_t kScarce = 16;

  const KeyHash& hash_;
  const int set_bits_;
  const Pages set_pages_;
  const Block* block_ = nullptr;
  PagedList<CombinedRecord> known_;
  PagedList<KeyHome> homes_;  // of the first so many: of those that earlier blocks left
  bool keeps_ = false;        // what is known, for the next block
  bool any_long_ = false;     // of the keys that are known
  std::uint64_t records_ = 0;
  // Taken one by one, and not looked for yet:
  std::array<Fields, KeyGroup::kKeys> taken_;
  std::size_t count_ = 0;
  // Of those that are looked for:
  KeyGroup group_;
  KeyGroup::Each hashes_{};
};

template <class FindHomes, class Visit>
std::uint64_t Combiner::finish(FindHomes&& find_homes, Visit&& visit) {
  flush();
  const bool keeps = may_keep();
  std::uint64_t found = 0;
  const auto hand_on = [&](CombinedRecord& record, const KeyHome& home) {
    if (!record.found()) return;
    visit(record.fields(), home);
    record.forget();
    ++found;
  };
  const std::uint32_t at_home = homes_.size();
  for (std::uint32_t i = 1; i < at_home; ++i) hand_on(known_[i], homes_[i]);
  std::array<KeyHome, KeyGroup::kKeys> homes;
  for (std::uint32_t begin = at_home; begin < known_.size(); begin += KeyGroup::kKeys) {
    const auto group = known_.items().subspan(begin, std::min(known_.size() - begin, std::uint32_t{KeyGroup::kKeys}));
    find_homes(group, homes.data());
    for (std::uint32_t i = 0; i < group.size(); ++i) {
      hand_on(known_[begin + i], homes[i]);
      if (keeps) homes_.push(homes[i]);
    }
  }
  keeps_ = keeps;
  if (!keeps && is_memory_scarce()) known_.shed();
  return found;
}

}  // namespace shardflow
