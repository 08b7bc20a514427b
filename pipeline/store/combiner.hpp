// Combining: of a block's records with the same key, only the last value goes to a shard.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "pipeline/block.hpp"
#include "pipeline/input/fields.hpp"
#include "pipeline/input/plain_lines.hpp"
#include "pipeline/paged_list.hpp"
#include "pipeline/store/bytes.hpp"
#include "pipeline/store/key_hash.hpp"

namespace shardflow {

// A record whose key was not found among those before it.
struct DistinctRecord {
  Words16 key;  // its first 16 bytes; zero behind its end
  Fields fields;
};

// Remembers where in a list the keys of a block are, so that a repeat replaces the value there and is no record of its
// own. Two places for each of 4,096 sets of keys: a key that finds none takes that of the one before the last, which is
// then forgotten. What a place says is checked against the list, so one that was never written does no harm.
class Combiner {
 public:
  // `distinct` is empty, and gets the records, less repeats that are found, in the order in which their keys first
  // came. All must outlive it.
  Combiner(const Block& block, const KeyHash& hash, PagedList<DistinctRecord>& distinct)
      : block_(block), hash_(hash), distinct_(distinct) {}

  // The next record, or records, of the block's text. Throws as Pages does.
  void take(const Fields& fields);
  void take(const PlainLines& lines);

  // Taken, repeats too.
  std::uint64_t records() const { return records_; }

 private:
  struct Place {
    std::uint32_t hash;
    std::uint32_t index;  // in the list
  };
  using Set = std::array<Place, 2>;
  struct Key {
    Words16 first;
    std::uint32_t hash;
  };

  // 64 KiB: half of them, which a first-level cache holds, catches too few repeats of some 1,000 keys, twice as many
  // catch hardly more.
  static constexpr int kSetBits = 12;

  Key short_key(const char* at, std::uint32_t bytes) const;
  template <bool is_short>
  void combine(const char* text, const Key& key, const Fields& fields);
  void add(Set& set, const Key& key, Fields fields);

  const Block& block_;
  const KeyHash& hash_;
  PagedList<DistinctRecord>& distinct_;
  std::uint64_t records_ = 0;
  std::array<Set, std::size_t{1} << kSetBits> sets_{};
};

}  // namespace shardflow
