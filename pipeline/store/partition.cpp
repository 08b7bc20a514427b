#include "pipeline/store/partition.hpp"

#include <algorithm>
#include <array>

#include "pipeline/input/parse.hpp"
#include "pipeline/store/bytes.hpp"
#include "pipeline/store/combiner.hpp"
#include "pipeline/store/murmur3_group.hpp"

namespace shardflow {
namespace {

RecordRef reference(const Fields& fields, std::uint32_t hash) {
  return {hash, fields.key_offset, fields.key_bytes, fields.value_offset, fields.value_bytes};
}

// The two forms of a part. kShardsFirst: whether the shards of a group are told before any record of it is pushed,
// which takes 15 % off an entry's time, as there are registers for less than all of both, and adds 5 % to a
// reference's.
struct AsReferences {
  static constexpr bool kShardsFirst = false;
  [[gnu::always_inline]] static void push(BatchPart& part, const char*, const Fields& fields, std::uint32_t hash) {
    part.references.push(reference(fields, hash));
  }
};
struct AsEntries {
  static constexpr bool kShardsFirst = true;
  [[gnu::always_inline]] static void push(BatchPart& part, const char* text, const Fields& fields, std::uint32_t hash) {
    part.entries.push(hash, {text + fields.key_offset, fields.key_bytes},
                      {text + fields.value_offset, fields.value_bytes});
  }
};

// Collects records, and routes them by the group: murmur3 of many keys at once takes a quarter of the instructions.
template <class Form>
class GroupRouter {
 public:
  GroupRouter(Batch& batch, const Router& router, const KeyHash& hash) : batch_(batch), router_(router), hash_(hash) {}

  void take(const Fields& fields) {
    group_[count_++] = fields;
    if (count_ == group_.size()) flush();
  }

  void take(const PlainLines& lines) {
    flush();
    if (lines.longest_key > KeyGroup::kMostBytes) {
      lines.for_each([this](const Fields& fields) { take(fields); });
      return;
    }
    for (std::size_t i = 0; i < lines.count(); i += KeyGroup::kKeys) {
      const PlainLines part = lines.part(i, KeyGroup::kKeys);
      lines.quotes.any() ? route_lines<true>(part) : route_lines<false>(part);
    }
    records_ += lines.count();
  }

  // What was taken since the last whole group; then it is over.
  std::uint64_t finish() {
    flush();
    return records_;
  }

 private:
  void flush() {
    const char* const text = batch_.block.data_of_text();
    std::uint32_t longest = 0;
    for (std::size_t i = 0; i < count_; ++i) longest = std::max(longest, group_[i].key_bytes);
    if (longest <= KeyGroup::kMostBytes) [[likely]] {
      route_short(text);
    } else {
      route_any(text);
    }
    records_ += count_;
    count_ = 0;
  }

  void route_short(const char* text) {
    std::array<std::uint32_t, KeyGroup::kKeys> table_hashes;
    for (std::size_t i = 0; i < count_; ++i) {
      const Fields& fields = group_[i];
      keys_.keys[i] = load_masked(text + fields.key_offset, fields.key_bytes);
      keys_.bytes[i] = fields.key_bytes;
      table_hashes[i] = slot_hash(hash_.of_short(keys_.keys[i], fields.key_bytes));
    }
    KeyGroup::Each hashes;
    murmur3_of_group(keys_, hashes);
    for (std::size_t i = 0; i < count_; ++i) {
      Form::push(batch_.parts[router_.shard_of_hash(hashes[i])], text, group_[i], table_hashes[i]);
    }
  }

  // As route_short, of lines whose fields are nowhere but in the text.
  template <bool kQuotes>
  void route_lines(const PlainLines& lines) {
    std::array<std::uint32_t, KeyGroup::kKeys> table_hashes;
    hash_lines(lines, table_hashes);
    KeyGroup::Each hashes;
    murmur3_of_group(keys_, hashes);
    BatchPart* const parts = batch_.parts.data();
    const char* const text = batch_.block.data_of_text();
    const Router router = router_;
    const std::size_t count = lines.count();
    if constexpr (Form::kShardsFirst) {
      for (std::size_t i = 0; i < count; ++i) hashes[i] = router.shard_of_hash(hashes[i]);
    }
    std::uint32_t line = lines.begin;
    for (std::size_t i = 0; i < count; ++i) {
      const std::uint32_t shard = Form::kShardsFirst ? hashes[i] : router.shard_of_hash(hashes[i]);
      Form::push(parts[shard], text, lines.fields<kQuotes>(i, line), table_hashes[i]);
      line = lines.ends[i] + 1;
    }
  }

  [[gnu::noinline]] void hash_lines(const PlainLines& lines, std::array<std::uint32_t, KeyGroup::kKeys>& table_hashes) {
    key_group_way().list(batch_.block.data_of_text(), lines, keys_);
    const KeyHash hash = hash_;
    const std::size_t count = lines.count();
    for (std::size_t i = 0; i < count; ++i) {
      table_hashes[i] = slot_hash(hash.of_short(keys_.keys[i], keys_.bytes[i]));
    }
  }

  void route_any(const char* text) {
    for (std::size_t i = 0; i < count_; ++i) {
      const std::string_view key(text + group_[i].key_offset, group_[i].key_bytes);
      Form::push(batch_.parts[router_.shard_of(key)], text, group_[i], slot_hash(hash_.padded(key)));
    }
  }

  Batch& batch_;
  const Router& router_;
  const KeyHash& hash_;
  std::array<Fields, KeyGroup::kKeys> group_;
  std::size_t count_ = 0;
  std::uint64_t records_ = 0;
  KeyGroup keys_;
};

// Tells where the keys go that a combiner has got to know.
class Homes {
 public:
  Homes(const char* text, const Router& router, const KeyHash& hash) : text_(text), router_(router), hash_(hash) {}

  void operator()(std::span<const CombinedRecord> records, KeyHome* homes) {
    for (std::size_t i = 0; i < records.size(); ++i) {
      keys_.keys[i] = records[i].key;
      keys_.bytes[i] = std::min<std::uint32_t>(records[i].key_bytes, KeyGroup::kMostBytes);
    }
    KeyGroup::Each hashes;
    murmur3_of_group(keys_, hashes);
    for (std::size_t i = 0; i < records.size(); ++i) {
      if (records[i].key_bytes <= KeyGroup::kMostBytes) [[likely]] {
        homes[i] = {router_.shard_of_hash(hashes[i]), slot_hash(hash_.of_short(keys_.keys[i], keys_.bytes[i]))};
      } else {
        const std::string_view key(text_ + records[i].key_offset, records[i].key_bytes);
        homes[i] = {router_.shard_of(key), slot_hash(hash_.padded(key))};
      }
    }
  }

 private:
  const char* text_;
  const Router& router_;
  const KeyHash& hash_;
  KeyGroup keys_;
};

// Hands what a parser finds to a GroupRouter or a Combiner. Each format's parser has a copy of what is done with a
// record: in line, or it costs 2 instructions more a record.
template <class Taker>
struct HandTo {
  Taker& taker;
  [[gnu::always_inline]] void operator()(const Fields& fields) const { taker.take(fields); }
  [[gnu::noinline]] void operator()(const PlainLines& lines) const { taker.take(lines); }
};

// A combiner's, for each width of blocks: 64 KiB of them, as half, which a first-level cache holds, catches too few
// repeats of some 1,000 keys, and twice as much catches hardly more. A wide block's are 1 MiB, though its keys are of
// as many more as it has more text: what is known has to find its place again with the next block. With a quarter, the
// job takes 1.1 times as long for 10,000 keys and 1.3 times for 20,000, with half 1.0 and 1.1, with twice as much no
// less. A widest one's are 2 MiB: with half, it takes 1.03 times as long for 20,000 keys and 1.08 times for 30,000.
constexpr std::array<int, kBlockWidths> kSetBits{12, 12, 16, 17};

bool is_full(const Block& block) { return block.text().size() >= block.capacity() - block.capacity() / 8; }

}  // namespace

Partition::Partition(std::uint32_t shards, const RecordRules& rules, const KeyHash& hash)
    : router_(shards), rules_(rules), hash_(hash) {}

void Partition::run(Batch& batch) {
  if (!Combining::is_probe(batch.sequence)) {
    for (const BlockWidth wide : {BlockWidth::kWide, BlockWidth::kWidest}) {
      if (batch.width != wide) combiner_for(wide).reset();
    }
  }
  if (batch.width != BlockWidth::kUsual || combining_.pays(batch.sequence)) {
    route_combined(batch);
  } else if (std::ranges::all_of(batch.parts, &BatchPart::wants_entries)) {
    route<AsEntries>(batch);
  } else {
    route<AsReferences>(batch);
  }
}

template <class Form>
void Partition::route(Batch& batch) {
  GroupRouter<Form> group(batch, router_, hash_);
  batch.parsed = parse_records(batch.block, rules_, HandTo<GroupRouter<Form>>{group});
  batch.records = group.finish();
  batch.routed = batch.records;
}

void Partition::route_combined(Batch& batch) {
  const bool full = is_full(batch.block);  // a parser may make the block grow
  std::optional<Combiner>& combiner = combiner_for(batch.width);
  if (!combiner) combiner.emplace(kSetBits[static_cast<std::size_t>(batch.width)], hash_, batch.block.budget());
  combiner->begin(batch.block);
  batch.parsed = parse_records(batch.block, rules_, HandTo<Combiner>{*combiner});
  const char* const text = batch.block.data_of_text();
  batch.routed = combiner->finish(Homes(text, router_, hash_), [&](const Fields& fields, const KeyHome& home) {
    AsReferences::push(batch.parts[home.shard], text, fields, home.hash);
  });
  batch.records = combiner->records();
  if (batch.records == 0) return;
  combining_.learn({batch.width, batch.narrowed, full, batch.records, batch.records - batch.routed});
}

std::optional<Combiner>& Partition::combiner_for(BlockWidth width) {
  const BlockWidth known_by = width == BlockWidth::kDouble ? BlockWidth::kUsual : width;
  return combiners_.local()[static_cast<std::size_t>(known_by)];
}

}  // namespace shardflow
