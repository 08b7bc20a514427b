// Lists of entries that many threads fill at once: each thread has its own part of every list.
#pragma once

#include <oneapi/tbb/enumerable_thread_specific.h>

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <vector>

#include "pipeline/output/key_prefix.hpp"
#include "pipeline/pages.hpp"
#include "pipeline/store/arena.hpp"
#include "pipeline/store/entry.hpp"

namespace shardflow {

// Short entries are copied, so that a list's are near to each other; of longer ones, it has the address and the prefix
// (see key_prefix.hpp). Behind a copy, kPrefixBytes can be read.
class EntryLists {
  static constexpr std::size_t kBlockBytes = 4096;
  static constexpr std::size_t kLongestCopied = 64;
  static_assert(kLongestCopied <= entry::kSlackBytes && kLongestCopied < entry::kShortMost);

  // Begins at a multiple of its size, so that a list's end tells its last block, and how full that is.
  struct Block {
    char* end_before;  // of the list, in the block before; nullptr: there is none
    char bytes[kBlockBytes - sizeof(char*)];
  };
  static_assert(sizeof(Block) == kBlockBytes && HugePieces::kUnitBytes % kBlockBytes == 0);

  // In the place of an entry's copy. An entry of no key is none.
  struct Reference {
    std::uint32_t no_key;
    char prefix[8];
    char address[8];
  };
  static_assert(sizeof(Reference) % entry::kUnitBytes == 0 && sizeof(Reference) <= kLongestCopied);

 public:
  explicit EntryLists(std::size_t lists)
      : parts_([lists, budget = &budget_] { return Part(lists, *budget); }), size_(lists) {}

  // One thread's part of each list.
  class Part {
   public:
    Part(std::size_t lists, MemoryBudget& budget) : lists_(lists), budget_(&budget) {}

    // `prefix` is the entry's; all of a list have it from one offset. Throws std::bad_alloc.
    void append(std::size_t list, std::uint64_t prefix, const char* entry) {
      List& to = lists_[list];
      if (room_behind(to.end) < kLongestCopied + kPrefixBytes) [[unlikely]]
        add_block(to);
      char* const at = to.end;
      const std::size_t bytes = entry::read(entry).total_bytes();
      __builtin_prefetch(at + 128, 1);  // until this list's turn comes again, it is there
      ++to.entries;
      if (bytes <= kLongestCopied) [[likely]] {
        std::memcpy(at, entry, kLongestCopied);  // of a fixed length: a few instructions
        to.end = at + bytes;
      } else {
        Reference reference{};
        std::memcpy(reference.prefix, &prefix, sizeof prefix);
        std::memcpy(reference.address, &entry, sizeof entry);
        std::memcpy(at, &reference, sizeof reference);
        to.end = at + sizeof reference;
      }
    }

   private:
    friend class EntryLists;

    // As small as can be: all lists' together stay in a first-level cache.
    struct List {
      char* end = nullptr;
      std::size_t entries = 0;
    };

    // In the block that ends there or behind it; of no block, none.
    static std::size_t room_behind(const char* end) { return -reinterpret_cast<std::uintptr_t>(end) % kBlockBytes; }

    void add_block(List& to) {
      if (next_ == end_) {
        pages_.emplace_back(pages_.empty() ? kHugePageBytes / 16 : kHugePageBytes, *budget_);
        next_ = reinterpret_cast<Block*>(pages_.back().data());
        end_ = next_ + pages_.back().size() / sizeof(Block);
      }
      next_->end_before = to.end;
      to.end = next_++->bytes;
    }

    std::vector<List> lists_;
    MemoryBudget* budget_;
    std::vector<Pages> pages_;
    Block* next_ = nullptr;
    Block* end_ = nullptr;
  };

  // The calling thread's.
  Part& part() { return parts_.local(); }

  // Once all is appended:
  std::size_t size() const { return size_; }
  std::size_t entries(std::size_t list) const {
    std::size_t sum = 0;
    for (const Part& part : parts_) sum += part.lists_[list].entries;
    return sum;
  }

  // A run of a list's entries.
  class Run {
   public:
    Run(const char* begin, const char* end) : begin_(begin), end_(end) {}
    // Calls visit(prefix, entry), each prefix from `offset`, where those of append() are from.
    template <class Visit>
    void for_each(std::size_t offset, Visit&& visit) const {
      for (const char* at = begin_; at != end_;) {
        if (*at != 0) [[likely]] {
          visit(key_prefix(at, offset), at);
          at += entry::read(at).total_bytes();
        } else {
          Reference reference;
          std::memcpy(&reference, at, sizeof reference);
          std::uint64_t prefix;
          const char* entry;
          std::memcpy(&prefix, reference.prefix, sizeof prefix);
          std::memcpy(&entry, reference.address, sizeof entry);
          visit(prefix, entry);
          at += sizeof reference;
        }
      }
    }

   private:
    const char* begin_;
    const char* end_;
  };
  // Calls visit(Run) for all that was appended to a list, in any order.
  template <class Visit>
  void for_each_run(std::size_t list, Visit&& visit) const {
    for (const Part& part : parts_) {
      for (const char* end = part.lists_[list].end; end != nullptr;) {
        const Block& block = block_of(end);
        if (block.end_before != nullptr) prefetch_start(block_of(block.end_before));
        visit(Run(block.bytes, end));
        end = block.end_before;
      }
    }
  }

 private:
  // REQUIRES: `end` is a list's, which is not its block's start.
  static const Block& block_of(const char* end) {
    const char* const last = end - 1;
    return *reinterpret_cast<const Block*>(last - reinterpret_cast<std::uintptr_t>(last) % kBlockBytes);
  }

  // As much as it takes for the processor to notice that it is read on; blocks lie anywhere.
  static void prefetch_start(const Block& block) {
    for (std::size_t i = 0; i < 8; ++i) __builtin_prefetch(reinterpret_cast<const char*>(&block) + i * 64);
  }

  MemoryBudget budget_{UINT64_MAX};  // the store's is for the store
  oneapi::tbb::enumerable_thread_specific<Part> parts_;
  std::size_t size_;
};

}  // namespace shardflow
