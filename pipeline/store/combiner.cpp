#include "pipeline/store/combiner.hpp"

#include <cstring>

namespace shardflow {
namespace {

constexpr std::size_t kShortBytes = sizeof(Words16);

// Keys that are hashed one behind the other, before the first one is looked for: none waits for what another one finds.
constexpr std::size_t kHashedAtOnce = 64;

}  // namespace

void Combiner::take(const Fields& fields) {
  ++records_;
  const char* const text = block_.data_of_text();
  const char* const at = text + fields.key_offset;
  if (fields.key_bytes <= kShortBytes) [[likely]] {
    combine<true>(text, short_key(at, fields.key_bytes), fields);
  } else {
    combine<false>(text, {load_masked(at, kShortBytes), slot_hash(hash_.padded({at, fields.key_bytes}))}, fields);
  }
}

void Combiner::take(const PlainLines& lines) {
  if (lines.longest_key > kShortBytes) {
    lines.for_each([this](const Fields& fields) { take(fields); });
    return;
  }
  const char* const text = block_.data_of_text();
  records_ += lines.count();
  std::array<Key, kHashedAtOnce> keys;
  for (std::size_t begin = 0; begin < lines.count(); begin += kHashedAtOnce) {
    const PlainLines group = lines.part(begin, kHashedAtOnce);
    std::uint32_t line = group.begin;
    for (std::size_t i = 0; i < group.count(); ++i) {
      keys[i] = short_key(text + line, group.tabs[i] - line);
      line = group.ends[i] + 1;
    }
    line = group.begin;
    for (std::size_t i = 0; i < group.count(); ++i) {
      combine<true>(text, keys[i], group.fields(i, line));
      line = group.ends[i] + 1;
    }
  }
}

[[gnu::always_inline]] inline Combiner::Key Combiner::short_key(const char* at, std::uint32_t bytes) const {
  const Words16 first = load_masked(at, bytes);
  return {first, slot_hash(hash_.quick(first, bytes))};
}

template <bool is_short>
[[gnu::always_inline]] inline void Combiner::combine(const char* text, const Key& key, const Fields& fields) {
  Set& set = sets_[key.hash >> (32 - kSetBits)];
  const Place& place = set[static_cast<std::size_t>(set[1].hash == key.hash)];  // no branch: it can't be predicted
  if (place.hash == key.hash && place.index < distinct_.size()) [[likely]] {
    DistinctRecord& earlier = distinct_[place.index];
    const std::uint64_t differs = (earlier.key.low ^ key.first.low) | (earlier.key.high ^ key.first.high) |
                                  (earlier.fields.key_bytes ^ fields.key_bytes);
    if (differs == 0 && (is_short || std::memcmp(text + earlier.fields.key_offset, text + fields.key_offset,
                                                 fields.key_bytes) == 0)) [[likely]] {
      earlier.fields.value_offset = fields.value_offset;
      earlier.fields.value_bytes = fields.value_bytes;
      return;
    }
  }
  add(set, key, fields);
}

// Not in line, and the fields not by reference: or the record would be put together before it is known whether it is
// new. Of keys with the same hash the set keeps the last one alone: or an earlier record of that key might be found
// once more, and given a value that belongs behind a later one's.
[[gnu::noinline]] void Combiner::add(Set& set, const Key& key, Fields fields) {
  const bool same_hash = set[0].hash == key.hash || set[1].hash == key.hash;
  set[1] = same_hash ? Place{~key.hash, UINT32_MAX} : set[0];
  set[0] = {key.hash, distinct_.size()};
  distinct_.push({key.first, fields});
}

}  // namespace shardflow
