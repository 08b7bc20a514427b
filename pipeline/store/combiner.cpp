#include "pipeline/store/combiner.hpp"

#include <algorithm>
#include <cstring>
#include <utility>

namespace shardflow {

Combiner::Combiner(int set_bits, const KeyHash& hash, MemoryBudget& budget)
    : hash_(hash), set_bits_(set_bits), set_pages_(sizeof(Set) << set_bits, budget), known_(budget), homes_(budget) {}

void Combiner::begin(const Block& block) {
  block_ = &block;
  records_ = 0;
  count_ = 0;
  if (std::exchange(keeps_, false)) return;
  std::memset(set_pages_.data(), 0, sizeof(Set) << set_bits_);
  known_.clear();
  known_.push({});  // of no key: none is empty
  homes_.clear();
  homes_.push({});
  any_long_ = false;
}

void Combiner::take(const PlainLines& lines) {
  if (lines.longest_key > KeyGroup::kMostBytes) {
    lines.for_each([this](const Fields& fields) { take(fields); });
    return;
  }
  flush();
  for (std::size_t begin = 0; begin < lines.count(); begin += KeyGroup::kKeys) {
    const PlainLines group = lines.part(begin, KeyGroup::kKeys);
    lines.quotes.any() ? take_group<true>(group) : take_group<false>(group);
  }
  records_ += lines.count();
}

// All keys are hashed before the first one is looked for, and their places read before the first one is compared: none
// waits for what another one finds. A record may have lost its place to one of the group by then. It is still the last
// one of its key: this key is found there each time in the group, so that none other is listed.
template <bool kQuotes>
void Combiner::take_group(const PlainLines& lines) {
  const KeyGroupWay& way = key_group_way();
  way.list(block_->data_of_text(), lines, group_);
  way.quick_hash(group_, hash_, hashes_);
  const std::uint32_t* const separators = lines.separators.data();
  const std::uint32_t* const value_ends = lines.value_ends.data();
  const std::uint32_t* const ends = lines.ends.data();
  const std::size_t count = lines.count();
  const auto [key_quote, value_quote] = kQuotes ? lines.quotes : LineQuotes{};
  LookUp look = look_up();
  KeyGroup::Each indexes;
  for (std::size_t i = 0; i < count; ++i) indexes[i] = look.index_of(i);
  std::uint32_t line = lines.begin;
  for (std::size_t i = 0; i < count; ++i) {
    CombinedRecord* earlier = look.match(i, indexes[i]);
    if (earlier == nullptr) [[unlikely]]
      earlier = look.find(i);  // one before it in the group may have made it known
    if (earlier != nullptr) [[likely]] {
      if (kQuotes) earlier->key_offset = line + key_quote;
      earlier->before_value = separators[i] + value_quote;
      earlier->value_end = value_ends[i] - value_quote;
    } else {
      add(i, kQuotes ? line + key_quote : CombinedRecord::kBesideValue, separators[i] + value_quote,
          value_ends[i] - value_quote);
      look.known = &known_[0];
    }
    if (kQuotes) line = ends[i] + 1;
  }
}

// Likewise, of what was taken one by one.
void Combiner::flush() {
  if (count_ == 0) return;
  const char* const text = block_->data_of_text();
  for (std::size_t i = 0; i < count_; ++i) {
    const std::uint32_t bytes = taken_[i].key_bytes;
    group_.keys[i] = load_masked(text + taken_[i].key_offset, std::min<std::size_t>(bytes, KeyGroup::kMostBytes));
    group_.bytes[i] = bytes;
  }
  key_group_way().quick_hash(group_, hash_, hashes_);
  for (std::size_t i = 0; i < count_; ++i) {
    const Fields& fields = taken_[i];
    const bool is_short = fields.key_bytes <= KeyGroup::kMostBytes;
    if (!is_short) hashes_[i] = slot_hash(hash_.padded({text + fields.key_offset, fields.key_bytes}));
    const std::uint32_t before_value = fields.value_offset - 1;
    const std::uint32_t value_end = fields.value_offset + fields.value_bytes;
    CombinedRecord* const earlier = look_up().find(i);
    if (earlier != nullptr && (is_short || same_key(earlier->key_offset, fields))) [[likely]] {
      earlier->key_offset = fields.key_offset;
      earlier->before_value = before_value;
      earlier->value_end = value_end;
    } else {
      add(i, fields.key_offset, before_value, value_end);
    }
  }
  records_ += count_;
  count_ = 0;
}

// Where the group's i-th key is in the list, if it is known.
[[gnu::always_inline]] inline std::uint32_t Combiner::LookUp::index_of(std::size_t i) const {
  const std::uint32_t hash = hashes[i];
  const Set& set = sets[hash >> hash_shift];
  return set[static_cast<std::size_t>(set[1].hash == hash)].index;  // no branch: it can't be predicted
}

// The record there, or nullptr if it is another key's; of keys longer than 16 bytes, one that begins alike.
[[gnu::always_inline]] inline CombinedRecord* Combiner::LookUp::match(std::size_t i, std::uint32_t index) const {
  CombinedRecord& record = known[index];
  return same(record.key, group.keys[i]) && record.key_bytes == group.bytes[i] ? &record : nullptr;
}

bool Combiner::same_key(std::uint32_t key_offset, const Fields& fields) const {
  const char* const text = block_->data_of_text();
  return std::memcmp(text + key_offset, text + fields.key_offset, fields.key_bytes) == 0;
}

// Not in line. Of keys with the same hash the set keeps the last one alone: or an earlier record of that key might be
// found once more, and given a value that belongs behind a later one's.
[[gnu::noinline]] void Combiner::add(std::size_t i, std::uint32_t key_offset, std::uint32_t before_value,
                                     std::uint32_t value_end) {
  const std::uint32_t hash = hashes_[i];
  Set& set = sets()[hash >> (32 - set_bits_)];
  const bool same_hash = set[0].hash == hash || set[1].hash == hash;
  set[1] = same_hash ? Place{~hash, 0} : set[0];
  set[0] = {hash, known_.size()};
  any_long_ |= group_.bytes[i] > KeyGroup::kMostBytes;
  known_.push({group_.keys[i], group_.bytes[i], key_offset, before_value, value_end});
}

}  // namespace shardflow
