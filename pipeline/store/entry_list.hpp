// Records on their way to a shard in the form in which it keeps them: entries, to be copied as they are.
//
// So a shard reads memory in sequence, and half a line of it for each short record. References into a block's text,
// where the records of all shards take turns, cost it more than a line, and what another core wrote or read last.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "pipeline/input/byte_buffer.hpp"
#include "pipeline/paged_list.hpp"
#include "pipeline/store/entry.hpp"
#include "pipeline/store/slot_line.hpp"

namespace shardflow {

class EntryList {
 public:
  // The budget must outlive it.
  explicit EntryList(MemoryBudget& budget) : entries_(budget), slots_(budget) {}

  // REQUIRES: 16 readable bytes behind both, as there are in a block. Throws as Pages does.
  [[gnu::always_inline]] void push(std::uint32_t hash, std::string_view key, std::string_view value) {
    if (entry::shape(key.size(), value.size()) == entry::Shape::kShort) [[likely]] {
      push_as<entry::Shape::kShort>(hash, key, value);
    } else {
      push_as<entry::Shape::kLong>(hash, key, value);
    }
  }
  void clear() {
    entries_.cut(0);
    slots_.clear();
    lengths_ = 0;
  }
  // Gives the entries' memory back. REQUIRES: it is empty.
  void shed() noexcept { entries_.shed(); }

  std::size_t size() const { return slots_.size(); }
  // Of each entry; where it begins, in entry::kUnitBytes from data() on.
  std::span<const Slot> slots() const { return slots_.items(); }
  const char* data() const { return entries_.view().data(); }
  // Where the i-th entry begins, or, behind the last one, the end, in bytes.
  std::size_t offset(std::size_t i) const {
    return i == size() ? bytes() : std::size_t{slots()[i].entry} * entry::kUnitBytes;
  }
  // How many entries, from the first on, end within so many bytes.
  std::size_t entries_within(std::size_t bytes) const;
  std::size_t bytes() const { return entries_.size(); }
  // Of all keys, of all values.
  std::uint64_t key_bytes() const { return lengths_ >> 32; }
  std::uint64_t value_bytes() const { return lengths_ & UINT32_MAX; }

 private:
  template <entry::Shape shape>
  [[gnu::always_inline]] void push_as(std::uint32_t hash, std::string_view key, std::string_view value) {
    const entry::Layout layout = entry::layout<shape>(key.size(), value.size());
    char* const at = entries_.reserve(layout.total_bytes + entry::kSlackBytes);
    slots_.push({hash, static_cast<std::uint32_t>(bytes() / entry::kUnitBytes)});
    entry::write<shape>(at, layout, key, value);
    entries_.add(layout.total_bytes);
    lengths_ += std::uint64_t{key.size()} << 32 | value.size();
  }

  ByteBuffer entries_;
  PagedList<Slot> slots_;
  std::uint64_t lengths_ = 0;  // of keys << 32 | of values: a block has fewer bytes than 2^32
};

}  // namespace shardflow
