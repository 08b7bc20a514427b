#include "pipeline/output/map_writer.hpp"

#include <algorithm>
#include <span>
#include <string_view>
#include <vector>

#include "pipeline/mode/in_arena.hpp"
#include "pipeline/output/in_parts.hpp"
#include "pipeline/output/page_writer.hpp"
#include "pipeline/output/sorted_pieces.hpp"

namespace shardflow {
namespace {

// The pieces of a store as it is. They have a little of each shard in turn, so that who reads them into shards again
// has work for all of them, and not for one after the other.
class StoredPieces {
 public:
  StoredPieces(const Store& store, std::size_t sinks)
      : runs_a_piece_(kPieceBytes / kRunBytes * std::min(sinks, kMostBytes / kPieceBytes)) {
    std::vector<std::vector<Arena::Run>> of_shards(store.shards().size());
    in_parts(of_shards.size(), store.size(), [&](std::size_t i) {
      store.shards()[i].for_each_run(kRunBytes, [&](const Arena::Run& run) { of_shards[i].push_back(run); });
    });
    const auto longest = std::ranges::max_element(of_shards, {}, &std::vector<Arena::Run>::size);
    for (std::size_t i = 0; i < longest->size(); ++i) {
      for (const std::vector<Arena::Run>& runs : of_shards) {
        if (i < runs.size()) runs_.push_back(runs[i]);
      }
    }
  }
  std::size_t size() const { return (runs_.size() + runs_a_piece_ - 1) / runs_a_piece_; }
  template <class Visit>
  void for_each(std::size_t piece, Visit&& visit) const {
    const std::size_t end = std::min(runs_.size(), (piece + 1) * runs_a_piece_);
    for (std::size_t i = piece * runs_a_piece_; i < end; ++i) Shard::for_each_of(runs_[i], visit);
  }

 private:
  static constexpr std::size_t kRunBytes = std::size_t{64} << 10;
  // For one sink; for more, more, because each has a part of it.
  static constexpr std::size_t kPieceBytes = std::size_t{1} << 20;
  static constexpr std::size_t kMostBytes = std::size_t{8} << 20;

  std::size_t runs_a_piece_;
  std::vector<Arena::Run> runs_;
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
      write_pieces(StoredPieces(store, sinks.size()), options, sinks);
    }
  });
}

}  // namespace shardflow
