#include "pipeline/output/map_writer.hpp"

#include <oneapi/tbb/blocked_range.h>
#include <oneapi/tbb/parallel_for.h>
#include <oneapi/tbb/parallel_reduce.h>
#include <oneapi/tbb/parallel_sort.h>

#include <algorithm>
#include <bit>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

#include "pipeline/mode/in_arena.hpp"
#include "pipeline/output/page_writer.hpp"

namespace shardflow {
namespace {

namespace tbb = oneapi::tbb;

// A stored record; its value stands behind its key.
struct SortedRecord {
  std::uint64_t
      prefix;  // eight bytes of the key as a number, from where keys begin to differ: decides most comparisons
  const char* key;
  std::uint32_t key_bytes;
  std::uint32_t value_bytes;

  std::string_view key_view() const { return {key, key_bytes}; }
  bool operator<(const SortedRecord& other) const {
    return prefix != other.prefix ? prefix < other.prefix : key_view() < other.key_view();
  }
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

using SortedRecords = std::unique_ptr<SortedRecord[]>;

SortedRecords sorted_records(const Store& store) {
  const std::size_t skipped = common_prefix(store).size();
  auto records = std::make_unique_for_overwrite<SortedRecord[]>(store.size());
  std::vector<SortedRecord*> starts{records.get()};  // of each shard's
  for (const Shard& shard : store.shards()) starts.push_back(starts.back() + shard.size());
  tbb::parallel_for(std::size_t{0}, store.shards().size(), [&](std::size_t i) {
    SortedRecord* to = starts[i];
    store.shards()[i].for_each([&](std::string_view key, std::string_view value) {
      *to++ = {prefix_of(key.substr(skipped)), key.data(), static_cast<std::uint32_t>(key.size()),
               static_cast<std::uint32_t>(value.size())};
    });
  });
  tbb::parallel_sort(records.get(), records.get() + store.size());
  return records;
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
  explicit SortedPieces(const Store& store) : records_(sorted_records(store)), count_(store.size()) {}
  std::size_t size() const { return (count_ + kRecords - 1) / kRecords; }
  template <class Visit>
  void for_each(std::size_t piece, Visit&& visit) const {
    const std::size_t end = std::min(count_, (piece + 1) * kRecords);
    for (std::size_t i = piece * kRecords; i < end; ++i) {
      // Sorted records lie all over memory.
      if (i + kAhead < end) __builtin_prefetch(records_[i + kAhead].key);
      const SortedRecord& record = records_[i];
      visit(record.key_view(), std::string_view(record.key + record.key_bytes, record.value_bytes));
    }
  }

 private:
  static constexpr std::size_t kRecords = std::size_t{1} << 16;
  static constexpr std::size_t kAhead = 16;

  SortedRecords records_;
  std::size_t count_;
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
