#include "pipeline/output/map_writer.hpp"

#include <oneapi/tbb/blocked_range.h>
#include <oneapi/tbb/parallel_for.h>
#include <oneapi/tbb/parallel_reduce.h>
#include <oneapi/tbb/parallel_sort.h>

#include <algorithm>
#include <bit>
#include <cstring>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "pipeline/mode/in_arena.hpp"
#include "pipeline/output/page_writer.hpp"
#include "pipeline/pages.hpp"
#include "pipeline/store/entry.hpp"

namespace shardflow {
namespace {

namespace tbb = oneapi::tbb;

// A stored record: as small as it can be, because sorting moves it twenty times.
struct SortedRecord {
  // Eight bytes of the key as a number, from where keys begin to differ: decides most comparisons.
  std::uint64_t prefix;
  const char* entry;

  std::string_view key() const { return entry::key(entry, entry::read(entry)); }
  std::string_view value() const { return entry::value(entry, entry::read(entry)); }
  bool operator<(const SortedRecord& other) const {
    return prefix != other.prefix ? prefix < other.prefix : has_lesser_key(other);
  }

 private:
  // Out of line, or the comparison of prefixes is no longer in line itself, and sorting takes a third longer.
  [[gnu::noinline]] bool has_lesser_key(const SortedRecord& other) const { return key() < other.key(); }
};

std::uint64_t prefix_of(std::string_view key) {
  static_assert(std::endian::native == std::endian::little);
  std::uint64_t word = 0;
  std::memcpy(&word, key.data(), std::min(key.size(), sizeof word));
  return __builtin_bswap64(word);
}

// What both begin with. An empty view without data is none: the other one.
std::string_view common_prefix(std::string_view a, std::string_view b) {
  if (a.data() == nullptr || b.data() == nullptr) return a.data() == nullptr ? b : a;
  std::size_t bytes = std::min(a.size(), b.size());
  while (std::memcmp(a.data(), b.data(), bytes) != 0) --bytes;
  return a.substr(0, bytes);
}

// What all keys begin with.
std::string_view common_prefix(const Store& store) {
  return tbb::parallel_reduce(
      tbb::blocked_range<std::size_t>(0, store.shards().size()), std::string_view(),
      [&](const auto& range, std::string_view prefix) {
        for (std::size_t i = range.begin(); i != range.end(); ++i) {
          store.shards()[i].for_each(
              [&](std::string_view key, std::string_view) { prefix = common_prefix(prefix, key); });
        }
        return prefix;
      },
      [](std::string_view a, std::string_view b) { return common_prefix(a, b); });
}

// Fills `records`, which has room for all of the store's.
void sort_records(const Store& store, std::span<SortedRecord> records) {
  const std::size_t skipped = common_prefix(store).size();
  std::vector<SortedRecord*> starts{records.data()};  // of each shard's
  for (const Shard& shard : store.shards()) starts.push_back(starts.back() + shard.size());
  tbb::parallel_for(std::size_t{0}, store.shards().size(), [&](std::size_t i) {
    SortedRecord* to = starts[i];
    store.shards()[i].for_each_entry([&](const char* entry) {
      *to++ = {prefix_of(entry::key(entry, entry::read(entry)).substr(skipped)), entry};
    });
  });
  tbb::parallel_sort(records.begin(), records.end());
}

// The pieces of a store as it is: the chunks of its shards' arenas.
class StoredPieces {
 public:
  explicit StoredPieces(const Store& store) {
    for (const Shard& shard : store.shards()) {
      for (std::size_t chunk = 0; chunk < shard.chunks(); ++chunk) pieces_.push_back({&shard, chunk});
    }
  }
  std::size_t size() const { return pieces_.size(); }
  template <class Visit>
  void for_each(std::size_t piece, Visit&& visit) const {
    pieces_[piece].shard->for_each_in(pieces_[piece].chunk, visit);
  }

 private:
  struct Piece {
    const Shard* shard;
    std::size_t chunk;
  };
  std::vector<Piece> pieces_;
};

// Ranges of all records in the order of their keys.
class SortedPieces {
 public:
  explicit SortedPieces(const Store& store)
      : pages_(std::max<std::size_t>(1, store.size()) * sizeof(SortedRecord), budget_),
        records_(reinterpret_cast<SortedRecord*>(pages_.data()), store.size()) {
    sort_records(store, records_);
  }
  std::size_t size() const { return (records_.size() + kRecords - 1) / kRecords; }
  template <class Visit>
  void for_each(std::size_t piece, Visit&& visit) const {
    const std::size_t end = std::min(records_.size(), (piece + 1) * kRecords);
    for (std::size_t i = piece * kRecords; i < end; ++i) {
      // Sorted records lie all over memory.
      if (i + kAhead < end) __builtin_prefetch(records_[i + kAhead].entry);
      visit(records_[i].key(), records_[i].value());
    }
  }

 private:
  static constexpr std::size_t kRecords = std::size_t{1} << 16;
  static constexpr std::size_t kAhead = 16;

  MemoryBudget budget_{UINT64_MAX};  // the store's is for the store
  Pages pages_;                      // huge ones: 80 MB of 5M records are faulted in at once
  std::span<SortedRecord> records_;
};

template <RecordFormat format, class Pieces>
void write_as(const Pieces& pieces, const WriteOptions& options, std::span<const std::unique_ptr<Sink>> sinks) {
  const Router router(static_cast<std::uint32_t>(sinks.size()));
  const RecordLayout& layout = options.laid_out();
  const auto encode = [&](std::size_t piece, std::span<PagePart> parts) {
    pieces.for_each(piece, [&](std::string_view key, std::string_view value) {
      append_record<format>(parts[parts.size() == 1 ? 0 : router.shard_of(key)].text, key, value, layout);
    });
  };
  write_pages(pieces.size(), encode, options, layout.head, sinks);
}

template <class Pieces>
void write_pieces(const Pieces& pieces, const WriteOptions& options, std::span<const std::unique_ptr<Sink>> sinks) {
  switch (options.format) {
    case RecordFormat::kTsv:
      return write_as<RecordFormat::kTsv>(pieces, options, sinks);
    case RecordFormat::kEscapedTsv:
      return write_as<RecordFormat::kEscapedTsv>(pieces, options, sinks);
    case RecordFormat::kCsv:
      return write_as<RecordFormat::kCsv>(pieces, options, sinks);
    case RecordFormat::kJsonLines:
      return write_as<RecordFormat::kJsonLines>(pieces, options, sinks);
  }
}

}  // namespace

void write_map(const Store& store, const WriteOptions& options, std::span<const std::unique_ptr<Sink>> sinks) {
  in_arena(options.threads, [&] {
    if (options.order == Order::kByKey) {
      write_pieces(SortedPieces(store), options, sinks);
    } else {
      write_pieces(StoredPieces(store), options, sinks);
    }
  });
}

}  // namespace shardflow
