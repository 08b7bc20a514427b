// Combining: of a block's records with the same key, only the last value goes to a shard.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include "pipeline/block.hpp"
#include "pipeline/input/fields.hpp"
#include "pipeline/input/plain_lines.hpp"
#include "pipeline/paged_list.hpp"
#include "pipeline/store/bytes.hpp"
#include "pipeline/store/key_group.hpp"
#include "pipeline/store/key_hash.hpp"

namespace shardflow {

// A key that was not found among those before it.
struct DistinctRecord {
  Words16 key;    // its first 16 bytes; zero behind its end
  Fields fields;  // of its last record: key and value side by side, so that they are fetched as one
};

// Where a combiner keeps what it found, to be used again by the next one.
struct CombinerMemory {
  explicit CombinerMemory(MemoryBudget& budget) : distinct(budget) {}

  PagedList<DistinctRecord> distinct;
  Pages sets;
};

// Remembers where in a list the keys of a block are, so that a repeat takes the place of the record there and is no
// record of its own. Two places for each set of keys: a key that finds none takes that of the one before the last,
// which is then forgotten. A place that nothing was written to leads to the list's first record, which has no key.
class Combiner {
 public:
  // Has 2^set_bits sets. `memory.distinct` is empty, and is where the records are kept, in the order in which their
  // keys first came. All must outlive it. REQUIRES: 0 < set_bits <= 32. Throws as Pages does.
  Combiner(const Block& block, const KeyHash& hash, CombinerMemory& memory, int set_bits);

  // The next record, or records, of the block's text. Throws as Pages does.
  void take(const Fields& fields) {
    taken_[count_++] = fields;
    if (count_ == taken_.size()) flush();
  }
  void take(const PlainLines& lines);

  // The keys that were found, each with its last record; then it is over. Throws as Pages does.
  std::span<const DistinctRecord> finish();
  // Taken, repeats too, by then.
  std::uint64_t records() const { return records_; }

 private:
  struct Place {
    std::uint32_t hash;
    std::uint32_t index;  // in the list
  };
  using Set = std::array<Place, 2>;

  void take_group(const PlainLines& lines);
  void flush();
  DistinctRecord* find(std::size_t i);
  bool same_key(const Fields& a, const Fields& b) const;
  void add(std::size_t i, Fields fields);

  const Block& block_;
  const KeyHash& hash_;
  PagedList<DistinctRecord>& distinct_;
  std::uint64_t records_ = 0;
  Set* const sets_;
  const int hash_shift_;  // leaves of a hash the number of its set
  // Taken one by one, and not looked for yet:
  std::array<Fields, KeyGroup::kKeys> taken_;
  std::size_t count_ = 0;
  // Of those that are looked for:
  KeyGroup group_;
  KeyGroup::Each hashes_{};
};

}  // namespace shardflow
