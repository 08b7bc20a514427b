#include "pipeline/store/combiner.hpp"

#include <algorithm>
#include <cstring>

namespace shardflow {

Combiner::Combiner(const Block& block, const KeyHash& hash, PagedList<DistinctRecord>& distinct)
    : block_(block), hash_(hash), distinct_(distinct) {
  distinct_.push({});  // of no key: none is empty
}

void Combiner::take(const Fields& fields) {
  ++records_;
  const char* const key = block_.data_of_text() + fields.key_offset;
  const bool is_short = fields.key_bytes <= KeyGroup::kMostBytes;
  const Words16 first = load_masked(key, std::min<std::size_t>(fields.key_bytes, KeyGroup::kMostBytes));
  const std::uint32_t hash = slot_hash(is_short ? hash_.quick(first) : hash_.padded({key, fields.key_bytes}));
  DistinctRecord* const earlier = find(first, fields.key_bytes, hash);
  if (earlier != nullptr && (is_short || same_key(earlier->fields, fields))) [[likely]] {
    earlier->fields.value_offset = fields.value_offset;
    earlier->fields.value_bytes = fields.value_bytes;
  } else {
    add(first, hash, fields);
  }
}

void Combiner::take(const PlainLines& lines) {
  if (lines.longest_key > KeyGroup::kMostBytes) {
    lines.for_each([this](const Fields& fields) { take(fields); });
    return;
  }
  for (std::size_t begin = 0; begin < lines.count(); begin += KeyGroup::kKeys) {
    take_group(lines.part(begin, KeyGroup::kKeys));
  }
  records_ += lines.count();
}

// All keys are hashed before the first one is looked for: none waits for what another one finds.
void Combiner::take_group(const PlainLines& lines) {
  const KeyGroupWay& way = key_group_way();
  way.list(block_.data_of_text(), lines, group_);
  way.quick_hash(group_, hash_, hashes_);
  const std::uint32_t* const tabs = lines.tabs.data();
  const std::uint32_t* const value_ends = lines.value_ends.data();
  const std::size_t count = lines.count();
  for (std::size_t i = 0; i < count; ++i) {
    DistinctRecord* const earlier = find(group_.keys[i], group_.bytes[i], hashes_[i]);
    if (earlier != nullptr) [[likely]] {
      const std::uint32_t value = tabs[i] + 1;
      earlier->fields.value_offset = value;
      earlier->fields.value_bytes = value_ends[i] - value;
    } else {
      add(group_.keys[i], hashes_[i], lines.fields(i, tabs[i] - group_.bytes[i]));
    }
  }
}

// Of keys longer than 16 bytes, one that may be another that begins like it.
[[gnu::always_inline]] inline DistinctRecord* Combiner::find(const Words16& first, std::uint32_t bytes,
                                                             std::uint32_t hash) {
  const Set& set = sets_[hash >> (32 - kSetBits)];
  const Place& place = set[static_cast<std::size_t>(set[1].hash == hash)];  // no branch: it can't be predicted
  DistinctRecord& earlier = distinct_[place.index];
  const std::uint64_t differs =
      (earlier.key.low ^ first.low) | (earlier.key.high ^ first.high) | (earlier.fields.key_bytes ^ bytes);
  return differs == 0 ? &earlier : nullptr;
}

bool Combiner::same_key(const Fields& a, const Fields& b) const {
  const char* const text = block_.data_of_text();
  return std::memcmp(text + a.key_offset, text + b.key_offset, b.key_bytes) == 0;
}

// Not in line, and the fields not by reference: or the record would be put together before it is known whether it is
// new. Of keys with the same hash the set keeps the last one alone: or an earlier record of that key might be found
// once more, and given a value that belongs behind a later one's.
[[gnu::noinline]] void Combiner::add(const Words16& first, std::uint32_t hash, Fields fields) {
  Set& set = sets_[hash >> (32 - kSetBits)];
  const bool same_hash = set[0].hash == hash || set[1].hash == hash;
  set[1] = same_hash ? Place{~hash, 0} : set[0];
  set[0] = {hash, distinct_.size()};
  distinct_.push({first, fields});
}

}  // namespace shardflow
