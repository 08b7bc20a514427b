// All records of a store in the order of their keys, in pieces.
//
// A samplesort (Frazer and McKellar, "Samplesort", JACM 17(3), 1970): sampled keys cut the range of all keys into
// pieces of a few thousand records, every record goes into its piece's list, and a piece is sorted where it is visited,
// on any thread, in its core's cache. What moves then are 16 bytes a record: eight of its key, and where it is.
#pragma once

#include <oneapi/tbb/enumerable_thread_specific.h>

#include <cstddef>
#include <list>
#include <span>
#include <string_view>
#include <vector>

#include "pipeline/output/entry_lists.hpp"
#include "pipeline/output/prefix_sort.hpp"
#include "pipeline/output/splitters.hpp"
#include "pipeline/store/entry.hpp"
#include "pipeline/store/store.hpp"

namespace shardflow {

class SortedPieces {
 public:
  // Distributes the records. The store must outlive it, unchanged. REQUIRES: is called within an arena. Throws
  // std::bad_alloc.
  explicit SortedPieces(const Store& store);

  // In this order, the pieces' records are in the order of their keys' bytes, unsigned.
  std::size_t size() const { return pieces_.size(); }

  // Calls visit(key, value) for each record of a piece, in order; from any thread.
  template <class Visit>
  void for_each(std::size_t piece, Visit&& visit) const {
    const std::span<const SortedRecord> records = sorted(pieces_[piece]);
    for (std::size_t i = 0; i < records.size(); ++i) {
      if (i + kAhead < records.size()) prefetch(records[i + kAhead].entry);
      entry::visit_record(records[i].entry, visit);
    }
  }

 private:
  // A list that a split has filled, and where in their keys its records' prefixes begin.
  struct Piece {
    const EntryLists* lists;
    std::size_t list;
    std::size_t offset;
  };

  // What a thread sorts with.
  struct Sorter {
    std::vector<SortedRecord> records;
    PrefixSort by_prefix;
  };

  // Sorted entries lie all over a list, and long ones all over the store.
  static constexpr std::size_t kAhead = 16;
  // An entry's lines: a short one's end is often on a second.
  static void prefetch(const char* entry) {
    __builtin_prefetch(entry);
    __builtin_prefetch(entry + 32);
  }

  template <class Source>
  void split(const Source& source, std::size_t records, std::size_t offset, int depth = 0);
  void add_pieces(const EntryLists& lists, const Splitters& splitters, std::size_t offset, int depth);
  std::span<const SortedRecord> sorted(const Piece& piece) const;

  std::list<EntryLists> lists_;
  std::vector<Piece> pieces_;
  mutable oneapi::tbb::enumerable_thread_specific<Sorter> sorters_;
};

}  // namespace shardflow
