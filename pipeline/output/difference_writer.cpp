#include "pipeline/output/difference_writer.hpp"

#include <oneapi/tbb/parallel_for.h>
#include <oneapi/tbb/parallel_sort.h>

#include <algorithm>
#include <cassert>
#include <string>
#include <string_view>
#include <vector>

#include "pipeline/mode/in_arena.hpp"
#include "pipeline/output/page_writer.hpp"
#include "pipeline/store/difference.hpp"

namespace shardflow {
namespace {

namespace tbb = oneapi::tbb;

struct Line {
  Change change;
  std::string_view key;
  std::string_view before;
  std::string_view after;

  std::string_view word() const {
    return change == Change::kAdded ? "added" : change == Change::kRemoved ? "removed" : "changed";
  }
};

void append_tsv(std::string& text, const Line& line, char) {
  text += line.word();
  for (const std::string_view field : {line.key, line.before, line.after}) {
    text += '\t';
    append_escaped(text, field);
  }
  text += '\n';
}

void append_csv(std::string& text, const Line& line, char delimiter) {
  text += line.word();
  for (const std::string_view field : {line.key, line.before, line.after}) {
    text += delimiter;
    append_csv_field(text, field, delimiter);
  }
  text += '\n';
}

void append_json(std::string& text, const Line& line, char) {
  text += "{\"change\":\"";
  text += line.word();
  text += "\",\"key\":";
  append_json_string(text, line.key, line.key);
  if (line.change != Change::kAdded) {
    text += ",\"old\":";
    append_json_string(text, line.before, line.key);
  }
  if (line.change != Change::kRemoved) {
    text += ",\"new\":";
    append_json_string(text, line.after, line.key);
  }
  text += "}\n";
}

using Append = void (*)(std::string&, const Line&, char delimiter);

Append append_for(RecordFormat format) {
  switch (format) {
    case RecordFormat::kCsv:
      return append_csv;
    case RecordFormat::kJsonLines:
      return append_json;
    default:
      return append_tsv;
  }
}

// The pieces of a comparison: the chunks of each shard's arenas, the new store's first.
class ComparedPieces {
 public:
  ComparedPieces(const Store& before, const Store& after) : before_(before), after_(after) {
    for (std::size_t shard = 0; shard < after.shards().size(); ++shard) {
      for (std::size_t i = 0; i < after.shards()[shard].chunks(); ++i) pieces_.push_back({shard, i, false});
      for (std::size_t i = 0; i < before.shards()[shard].chunks(); ++i) pieces_.push_back({shard, i, true});
    }
    counts_.resize(pieces_.size());
  }
  std::size_t size() const { return pieces_.size(); }

  // Calls visit(Line) for each difference, and counts. REQUIRES: once a piece.
  template <class Visit>
  void for_each(std::size_t index, Visit&& visit) {
    const Piece& piece = pieces_[index];
    DifferenceCounts& counts = counts_[index];
    const auto take = [&](Change change, std::string_view key, std::string_view old_value, std::string_view new_value) {
      ++(change == Change::kAdded ? counts.added : change == Change::kRemoved ? counts.removed : counts.changed);
      visit(Line{change, key, old_value, new_value});
    };
    if (piece.of_before) {
      removed_in_chunk(before_, after_, piece.shard, piece.chunk, take);
    } else {
      counts.same = compare_chunk(before_, after_, piece.shard, piece.chunk, take);
    }
  }

  DifferenceCounts sum() const {
    DifferenceCounts sum;
    for (const DifferenceCounts& each : counts_) {
      sum.added += each.added;
      sum.removed += each.removed;
      sum.changed += each.changed;
      sum.same += each.same;
    }
    return sum;
  }

 private:
  struct Piece {
    std::size_t shard;
    std::size_t chunk;
    bool of_before;
  };
  const Store& before_;
  const Store& after_;
  std::vector<Piece> pieces_;
  std::vector<DifferenceCounts> counts_;  // of each
};

std::vector<Line> sorted_lines(ComparedPieces& pieces) {
  std::vector<std::vector<Line>> found(pieces.size());
  tbb::parallel_for(std::size_t{0}, pieces.size(), [&](std::size_t piece) {
    pieces.for_each(piece, [&](const Line& line) { found[piece].push_back(line); });
  });
  std::vector<Line> lines;
  for (std::vector<Line>& each : found) {
    lines.insert(lines.end(), each.begin(), each.end());
    each = {};
  }
  tbb::parallel_sort(lines, [](const Line& a, const Line& b) { return a.key < b.key; });
  return lines;
}

std::string head_of(const WriteOptions& options) {
  std::string head = options.format == RecordFormat::kCsv ? "change,key,old,new\n" : "";
  std::ranges::replace(head, ',', options.laid_out().delimiter);
  return head;
}

void write_as_stored(ComparedPieces& pieces, const WriteOptions& options,
                     std::span<const std::unique_ptr<Sink>> sinks) {
  const Append append = append_for(options.format);
  const auto encode = [&](std::size_t piece, std::span<PagePart> parts) {
    pieces.for_each(piece, [&](const Line& line) { append(parts[0].text, line, options.laid_out().delimiter); });
  };
  write_pages(pieces.size(), encode, options, head_of(options), sinks);
}

void write_by_key(ComparedPieces& pieces, const WriteOptions& options, std::span<const std::unique_ptr<Sink>> sinks) {
  constexpr std::size_t kLines = std::size_t{1} << 15;
  const Append append = append_for(options.format);
  const std::vector<Line> lines = sorted_lines(pieces);
  const auto encode = [&](std::size_t piece, std::span<PagePart> parts) {
    const std::size_t end = std::min(lines.size(), (piece + 1) * kLines);
    for (std::size_t i = piece * kLines; i < end; ++i) append(parts[0].text, lines[i], options.laid_out().delimiter);
  };
  write_pages((lines.size() + kLines - 1) / kLines, encode, options, head_of(options), sinks);
}

}  // namespace

DifferenceCounts count_differences(const Store& before, const Store& after, std::uint32_t threads) {
  ComparedPieces pieces(before, after);
  in_arena(threads, [&] {
    tbb::parallel_for(std::size_t{0}, pieces.size(),
                      [&](std::size_t piece) { pieces.for_each(piece, [](const Line&) {}); });
  });
  return pieces.sum();
}

DifferenceCounts write_differences(const Store& before, const Store& after, const WriteOptions& options,
                                   std::span<const std::unique_ptr<Sink>> sink) {
  assert(sink.size() == 1);
  ComparedPieces pieces(before, after);
  in_arena(options.threads, [&] {
    if (options.order == Order::kByKey) {
      write_by_key(pieces, options, sink);
    } else {
      write_as_stored(pieces, options, sink);
    }
  });
  return pieces.sum();
}

}  // namespace shardflow
