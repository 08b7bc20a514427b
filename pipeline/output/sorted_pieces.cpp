#include "pipeline/output/sorted_pieces.hpp"

#include <oneapi/tbb/combinable.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>

#include "pipeline/output/in_parts.hpp"
#include "pipeline/output/key_prefix.hpp"

namespace shardflow {
namespace {

// Records of a piece on the average: so few that sorting stays in a core's second-level cache, and so many that the
// search for a record's piece is short: 2^13 takes 6 to 12 % longer.
constexpr std::size_t kPieceRecords = std::size_t{1} << 12;
// Keys that are looked at for each cut between pieces: with 16, hardly a piece is twice as large as the average.
constexpr std::size_t kSamplesACut = 16;
// A piece of so many keys with one prefix is split again, so that sorting it is not one thread's work.
constexpr std::size_t kMostTied = 8 * kPieceRecords;
// How often at most, and how often ties in a piece are sorted by what follows in their keys. Behind that whole keys are
// compared: keys that differ in how many zeros they end with have equal prefixes at every offset.
constexpr int kDeepest = 32;

// Where the first split's records come from: the chunks of the shards' arenas.
class StoredEntries {
 public:
  explicit StoredEntries(const Store& store) : store_(store) {
    for (const Shard& shard : store.shards()) {
      for (std::size_t chunk = 0; chunk < shard.chunks(); ++chunk) chunks_.push_back({&shard, chunk});
    }
  }
  std::size_t parts() const { return chunks_.size(); }
  template <class Visit>
  void for_each(std::size_t part, Visit&& visit) const {
    chunks_[part].shard->for_each_entry_in(chunks_[part].index, visit);
  }
  std::vector<const char*> samples(std::size_t every) const {
    std::vector<const char*> samples;
    for (const Shard& shard : store_.shards()) {
      shard.for_each_sample(every, [&](const char* entry) { samples.push_back(entry); });
    }
    return samples;
  }

 private:
  struct Chunk {
    const Shard* shard;
    std::size_t index;
  };
  const Store& store_;
  std::vector<Chunk> chunks_;
};

// And those of another split: a list's runs, many at a time.
class ListedEntries {
 public:
  ListedEntries(const EntryLists& lists, std::size_t list) {
    lists.for_each_run(list, [&](const EntryLists::Run& run) { runs_.push_back(run); });
  }
  std::size_t parts() const { return (runs_.size() + kRuns - 1) / kRuns; }
  template <class Visit>
  void for_each(std::size_t part, Visit&& visit) const {
    const std::size_t end = std::min(runs_.size(), (part + 1) * kRuns);
    for (std::size_t i = part * kRuns; i < end; ++i) {
      runs_[i].for_each(0, [&](std::uint64_t, const char* entry) { visit(entry); });
    }
  }
  std::vector<const char*> samples(std::size_t every) const {
    std::vector<const char*> samples;
    std::size_t entries = 0;
    for (std::size_t part = 0; part < parts(); ++part) {
      for_each(part, [&](const char* entry) {
        if (entries++ % every == 0) samples.push_back(entry);
      });
    }
    return samples;
  }

 private:
  static constexpr std::size_t kRuns = 16;
  std::vector<EntryLists::Run> runs_;
};

std::string_view key_of(const char* entry) { return entry::key(entry, entry::read(entry)); }

// What all keys begin with that were looked at.
class SharedPrefix {
 public:
  explicit SharedPrefix(std::span<const char* const> entries) {
    for (const char* const entry : entries) text_ = common_prefix(text_, key_of(entry));
    shorten(text_.size());
  }

  std::size_t size() const { return text_.size(); }
  void shorten(std::size_t bytes) {
    text_ = text_.substr(0, bytes);
    first_ = 0;
    std::memcpy(&first_, text_.data(), std::min(bytes, sizeof first_));
    mask_ = bytes >= sizeof first_ ? ~std::uint64_t{0} : (std::uint64_t{1} << 8 * bytes) - 1;
  }

  // How much of it an entry's key begins with.
  std::size_t of(const char* entry) const {
    const entry::Header header = entry::read(entry);
    std::uint64_t first;
    static_assert(entry::kSlackBytes >= sizeof first);
    std::memcpy(&first, entry + header.header_bytes, sizeof first);
    if (header.key_bytes >= text_.size() && ((first ^ first_) & mask_) == 0 &&
        (text_.size() <= sizeof first || key_of(entry).starts_with(text_))) [[likely]]
      return text_.size();
    return common_prefix(text_, key_of(entry)).size();
  }

 private:
  std::string_view text_;
  // The first bytes of it, in a word, to compare with an instruction.
  std::uint64_t first_ = 0;
  std::uint64_t mask_ = 0;
};

// Puts records into the lists of their ranges, some at a time.
class Distributor {
 public:
  Distributor(const Splitters& splitters, EntryLists::Part& lists) : splitters_(splitters), lists_(lists) {}

  void take(std::uint64_t prefix, const char* entry) {
    prefixes_[count_] = prefix;
    entries_[count_] = entry;
    if (++count_ == kGroup) finish();
  }
  void finish() {
    const Splitters::Ranges ranges = splitters_.ranges_of(prefixes_);
    for (std::size_t i = 0; i < count_; ++i) lists_.append(ranges[i], prefixes_[i], entries_[i]);
    count_ = 0;
  }

 private:
  static constexpr std::size_t kGroup = Splitters::kGroup;
  const Splitters& splitters_;
  EntryLists::Part& lists_;
  Splitters::Numbers prefixes_{};
  std::array<const char*, kGroup> entries_;
  std::size_t count_ = 0;
};

std::vector<std::uint64_t> prefixes(std::span<const char* const> entries, std::size_t offset) {
  std::vector<std::uint64_t> prefixes;
  for (const char* const entry : entries) prefixes.push_back(key_prefix(entry, offset));
  return prefixes;
}

// Each entry to the list of its prefix, from `offset` on. How much of `shared` all keys begin with: if it is not the
// whole, prefixes behind it say nothing of the keys' order.
template <class Source>
std::size_t distribute(const Source& source, std::size_t records, const SharedPrefix& shared, std::size_t offset,
                       const Splitters& splitters, EntryLists& lists) {
  oneapi::tbb::combinable<std::size_t> least([&] { return shared.size(); });
  in_parts(source.parts(), records, [&](std::size_t i) {
    Distributor distributor(splitters, lists.part());
    std::size_t least_here = shared.size();
    source.for_each(i, [&](const char* entry) {
      least_here = std::min(least_here, shared.of(entry));
      distributor.take(key_prefix(entry, offset), entry);
    });
    distributor.finish();
    least.local() = std::min(least.local(), least_here);
  });
  return least.combine([](std::size_t a, std::size_t b) { return std::min(a, b); });
}

void sort_tied(std::span<SortedRecord> records, std::size_t offset, PrefixSort& by_prefix, int depth);

// Of records whose prefixes begin at `offset`, and whose keys' order does not depend on what is before it.
void sort(std::span<SortedRecord> records, std::size_t offset, PrefixSort& by_prefix, int depth = 0) {
  by_prefix(records);
  for_each_tie(records, ~std::uint64_t{0},
               [&](std::span<SortedRecord> tied) { sort_tied(tied, offset + kPrefixBytes, by_prefix, depth + 1); });
}

// Of records whose keys' order does not depend on what is before `offset`.
void sort_tied(std::span<SortedRecord> records, std::size_t offset, PrefixSort& by_prefix, int depth) {
  constexpr std::size_t kFew = 16;
  if (records.size() <= kFew || depth == kDeepest) {
    std::ranges::sort(records, {}, [](const SortedRecord& record) { return key_of(record.entry); });
    return;
  }
  std::string_view common;
  for (const SortedRecord& record : records) common = common_prefix(common, key_of(record.entry));
  offset = std::max(offset, common.size());
  for (SortedRecord& record : records) record.prefix = key_prefix(record.entry, offset);
  sort(records, offset, by_prefix, depth);
}

}  // namespace

SortedPieces::SortedPieces(const Store& store) {
  if (store.size() != 0) split(StoredEntries(store), store.size(), 0);
}

template <class Source>
void SortedPieces::split(const Source& source, std::size_t records, std::size_t offset, int depth) {
  const std::size_t pieces = (records + kPieceRecords - 1) / kPieceRecords;
  const std::vector<const char*> sampled = source.samples(std::max<std::size_t>(1, records / (pieces * kSamplesACut)));
  for (SharedPrefix shared(sampled);;) {
    const std::size_t from = std::max(offset, shared.size());
    const Splitters splitters(prefixes(sampled, from), pieces - 1);
    EntryLists& lists = lists_.emplace_back(splitters.ranges());
    const std::size_t found = distribute(source, records, shared, from, splitters, lists);
    if (found == shared.size() || from == offset) {
      add_pieces(lists, splitters, from, depth);
      return;
    }
    // A key that was not sampled has less in common with the others.
    shared.shorten(found);
    lists_.pop_back();
  }
}

void SortedPieces::add_pieces(const EntryLists& lists, const Splitters& splitters, std::size_t offset, int depth) {
  for (std::size_t i = 0; i < lists.size(); ++i) {
    const std::size_t size = lists.entries(i);
    if (size > kMostTied && splitters.is_single(i) && depth < kDeepest) {
      split(ListedEntries(lists, i), size, offset + kPrefixBytes, depth + 1);
    } else if (size != 0) {
      pieces_.push_back({&lists, i, offset});
    }
  }
}

std::span<const SortedRecord> SortedPieces::sorted(const Piece& piece) const {
  Sorter& sorter = sorters_.local();
  sorter.records.clear();
  sorter.records.reserve(piece.lists->entries(piece.list));
  piece.lists->for_each_run(piece.list, [&](const EntryLists::Run& run) {
    run.for_each(piece.offset, [&](std::uint64_t prefix, const char* entry) {
      sorter.records.push_back({prefix, entry});
    });
  });
  sort(sorter.records, piece.offset, sorter.by_prefix);
  return sorter.records;
}

}  // namespace shardflow
