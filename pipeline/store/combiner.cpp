#include "pipeline/store/combiner.hpp"

#include <algorithm>
#include <cstring>

namespace shardflow {

namespace {

// `bytes` zero bytes.
char* zeroed(Pages& pages, std::size_t bytes, MemoryBudget& budget) {
  if (pages.size() < bytes) pages = Pages(bytes, budget);
  return static_cast<char*>(std::memset(pages.data(), 0, bytes));
}

}  // namespace

Combiner::Combiner(const Block& block, const KeyHash& hash, CombinerMemory& memory, int set_bits)
    : block_(block),
      hash_(hash),
      distinct_(memory.distinct),
      sets_(reinterpret_cast<Set*>(zeroed(memory.sets, sizeof(Set) << set_bits, block.budget()))),
      hash_shift_(32 - set_bits) {
  distinct_.push({});  // of no key: none is empty
}

void Combiner::take(const PlainLines& lines) {
  if (lines.longest_key > KeyGroup::kMostBytes) {
    lines.for_each([this](const Fields& fields) { take(fields); });
    return;
  }
  flush();
  for (std::size_t begin = 0; begin < lines.count(); begin += KeyGroup::kKeys) {
    take_group(lines.part(begin, KeyGroup::kKeys));
  }
  records_ += lines.count();
}

std::span<const DistinctRecord> Combiner::finish() {
  flush();
  return distinct_.items().subspan(1);
}

// All keys are hashed before the first one is looked for: none waits for what another one finds.
void Combiner::take_group(const PlainLines& lines) {
  const KeyGroupWay& way = key_group_way();
  way.list(block_.data_of_text(), lines, group_);
  way.quick_hash(group_, hash_, hashes_);
  const std::uint32_t* const separators = lines.separators.data();
  const std::uint32_t* const value_ends = lines.value_ends.data();
  const std::size_t count = lines.count();
  for (std::size_t i = 0; i < count; ++i) {
    DistinctRecord* const earlier = find(i);
    if (earlier != nullptr) [[likely]] {
      const std::uint32_t value = separators[i] + 1;
      earlier->fields.key_offset = separators[i] - group_.bytes[i];
      earlier->fields.value_offset = value;
      earlier->fields.value_bytes = value_ends[i] - value;
    } else {
      add(i, lines.fields(i, separators[i] - group_.bytes[i]));
    }
  }
}

// Likewise, of what was taken one by one.
void Combiner::flush() {
  if (count_ == 0) return;
  const char* const text = block_.data_of_text();
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
    DistinctRecord* const earlier = find(i);
    if (earlier != nullptr && (is_short || same_key(earlier->fields, fields))) [[likely]] {
      earlier->fields = fields;
    } else {
      add(i, fields);
    }
  }
  records_ += count_;
  count_ = 0;
}

// The record that had the group's i-th key before, or nullptr; of keys longer than 16 bytes, one that begins alike.
[[gnu::always_inline]] inline DistinctRecord* Combiner::find(std::size_t i) {
  const std::uint32_t hash = hashes_[i];
  const Words16& first = group_.keys[i];
  const Set& set = sets_[hash >> hash_shift_];
  const Place& place = set[static_cast<std::size_t>(set[1].hash == hash)];  // no branch: it can't be predicted
  DistinctRecord& earlier = distinct_[place.index];
  const std::uint64_t differs =
      (earlier.key.low ^ first.low) | (earlier.key.high ^ first.high) | (earlier.fields.key_bytes ^ group_.bytes[i]);
  return differs == 0 ? &earlier : nullptr;
}

bool Combiner::same_key(const Fields& a, const Fields& b) const {
  const char* const text = block_.data_of_text();
  return std::memcmp(text + a.key_offset, text + b.key_offset, b.key_bytes) == 0;
}

// Not in line, and the fields not by reference: or the record would be put together before it is known whether it is
// new. Of keys with the same hash the set keeps the last one alone: or an earlier record of that key might be found
// once more, and given a value that belongs behind a later one's.
[[gnu::noinline]] void Combiner::add(std::size_t i, Fields fields) {
  const std::uint32_t hash = hashes_[i];
  Set& set = sets_[hash >> hash_shift_];
  const bool same_hash = set[0].hash == hash || set[1].hash == hash;
  set[1] = same_hash ? Place{~hash, 0} : set[0];
  set[0] = {hash, distinct_.size()};
  distinct_.push({group_.keys[i], fields});
}

}  // namespace shardflow
