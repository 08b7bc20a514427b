#include "pipeline/output/map_writer.hpp"

#include <oneapi/tbb/blocked_range.h>
#include <oneapi/tbb/parallel_for.h>
#include <oneapi/tbb/parallel_pipeline.h>
#include <oneapi/tbb/parallel_reduce.h>
#include <oneapi/tbb/parallel_sort.h>

#include <algorithm>
#include <bit>
#include <cstring>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "pipeline/input/decoder.hpp"
#include "pipeline/mode/in_arena.hpp"

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

constexpr std::string_view kByteOrderMark = "\xef\xbb\xbf";

// At a file's start a reader skips one byte order mark, and takes what begins like a compressed file for one; but not
// what comes behind a mark.
bool would_be_misread(std::string_view text) {
  return text.starts_with(kByteOrderMark) || coding_of(text) != Coding::kPlain || foreign_coding_of(text) != nullptr;
}

// A piece on its way to the sinks, with memory that the next one uses again.
struct Page {
  Page(Compression compression, std::size_t sinks) : parts(sinks), compressor(compression) {}

  struct Part {
    std::string text;
    bool needs_mark = false;  // if it comes first
  };
  std::vector<Part> parts;  // one per sink
  Compressor compressor;
};

template <RecordFormat format, class Pieces>
class Writer {
 public:
  Writer(const Pieces& pieces, const WriteOptions& options, std::span<const std::unique_ptr<Sink>> sinks)
      : pieces_(pieces),
        sinks_(sinks),
        router_(static_cast<std::uint32_t>(sinks.size())),
        begun_(sinks.size()),
        compressor_(options.compression),
        pages_(2 * std::size_t{options.threads}) {
    for (std::unique_ptr<Page>& page : pages_) {
      page = std::make_unique<Page>(options.compression, sinks.size());
      free_.push_back(page.get());
    }
  }

  void run() {
    const auto next = tbb::make_filter<void, std::size_t>(
        tbb::filter_mode::serial_in_order, [this](tbb::flow_control& control) { return this->next(control); });
    const auto encode = tbb::make_filter<std::size_t, Page*>(tbb::filter_mode::parallel,
                                                             [this](std::size_t piece) { return this->encode(piece); });
    const auto write =
        tbb::make_filter<Page*, void>(tbb::filter_mode::serial_in_order, [this](Page* page) { this->write(*page); });
    tbb::parallel_pipeline(pages_.size(), next & encode & write);
    for (std::size_t i = 0; i < sinks_.size(); ++i) {
      if (!begun_[i]) write_alone(i, "");  // no bytes at all would be no gzip file
    }
  }

 private:
  std::size_t next(tbb::flow_control& control) {
    if (next_ == pieces_.size()) control.stop();
    return next_++;
  }

  Page* encode(std::size_t piece) {
    Page& page = acquire();
    pieces_.for_each(piece, [&](std::string_view key, std::string_view value) {
      append_record<format>(page.parts[sinks_.size() == 1 ? 0 : router_.shard_of(key)].text, key, value);
    });
    for (typename Page::Part& part : page.parts) {
      part.needs_mark = would_be_misread(part.text);
      if (!part.text.empty()) page.compressor.run(part.text);
    }
    return &page;
  }

  void write(Page& page) {
    for (std::size_t i = 0; i < sinks_.size(); ++i) {
      Page::Part& part = page.parts[i];
      if (part.text.empty()) continue;
      if (!begun_[i] && part.needs_mark) write_alone(i, kByteOrderMark);
      begun_[i] = true;
      sinks_[i]->write(part.text);
      part.text.clear();
    }
    release(page);
  }

  void write_alone(std::size_t sink, std::string_view bytes) {
    std::string text(bytes);
    compressor_.run(text);
    sinks_[sink]->write(text);
  }

  Page& acquire() {
    const std::scoped_lock lock(mutex_);
    Page* const page = free_.back();
    free_.pop_back();
    return *page;
  }
  void release(Page& page) {
    const std::scoped_lock lock(mutex_);
    free_.push_back(&page);
  }

  const Pieces& pieces_;
  std::span<const std::unique_ptr<Sink>> sinks_;
  Router router_;
  std::vector<bool> begun_;
  Compressor compressor_;  // of write() alone
  std::size_t next_ = 0;
  std::vector<std::unique_ptr<Page>> pages_;
  std::mutex mutex_;
  std::vector<Page*> free_;
};

template <class Pieces>
void write_pieces(const Pieces& pieces, const WriteOptions& options, std::span<const std::unique_ptr<Sink>> sinks) {
  switch (options.format) {
    case RecordFormat::kTsv:
      return Writer<RecordFormat::kTsv, Pieces>(pieces, options, sinks).run();
    case RecordFormat::kEscapedTsv:
      return Writer<RecordFormat::kEscapedTsv, Pieces>(pieces, options, sinks).run();
    case RecordFormat::kCsv:
      return Writer<RecordFormat::kCsv, Pieces>(pieces, options, sinks).run();
    case RecordFormat::kJsonLines:
      return Writer<RecordFormat::kJsonLines, Pieces>(pieces, options, sinks).run();
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
