#include "pipeline/output/map_writer.hpp"

#include <span>
#include <string_view>
#include <vector>

#include "pipeline/mode/in_arena.hpp"
#include "pipeline/output/page_writer.hpp"
#include "pipeline/output/sorted_pieces.hpp"

namespace shardflow {
namespace {

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
