// A block: whole records of one file, as text, in memory that is used again and again.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "pipeline/input/text_format.hpp"
#include "pipeline/input/unread_text.hpp"
#include "pipeline/pages.hpp"

namespace shardflow {

// Readers may read (and ignore) this many bytes behind the text, so that SIMD loads need no special
// case at the end: one 64-byte scan step.
inline constexpr std::size_t kBlockSlackBytes = 64;

// Offsets into a block are 32 bits wide.
inline constexpr std::size_t kMaxBlockBytes = std::size_t{1} << 31;

// When a block's records came, by steady_ns(): the first at first_ns, each further one interval_ns later.
struct Arrival {
  std::int64_t first_ns = 0;
  double interval_ns = 0;  // 0: all at once, with the block

  std::int64_t of_record(std::uint64_t index) const {
    return first_ns + static_cast<std::int64_t>(interval_ns * static_cast<double>(index));
  }
};

class Block {
 public:
  // REQUIRES: 0 < capacity_bytes <= kMaxBlockBytes; the budget outlives the block.
  Block(std::size_t capacity_bytes, MemoryBudget& budget);

  // Whether a long record made it grow.
  bool grown() const { return capacity_bytes_ != first_capacity_bytes_; }
  // Makes it empty, and of its first capacity again if it has grown. Throws as Pages does.
  void reset();
  // If it has grown, gives its memory back. REQUIRES: reset() is called before it is used again.
  void shed() noexcept;
  // Changes its first capacity, and its memory with it. REQUIRES: it is empty, and has not grown. Throws as Pages does.
  void resize(std::size_t capacity_bytes);
  // Grows to at least `capacity_bytes`; the bytes so far stay. For the record that is longer than a block.
  void grow(std::size_t capacity_bytes);

  char* data() { return pages_.data(); }
  const char* data() const { return pages_.data(); }
  std::size_t capacity() const { return capacity_bytes_; }
  // What its memory is out of.
  MemoryBudget& budget() const { return *budget_; }

  // The text is [begin, end) of data(); all of it is yet to be read where `unread` is not empty.
  // REQUIRES: begin <= end <= capacity(); `unread` is nothing, or end - begin bytes.
  void set_text(std::size_t begin, std::size_t end, UnreadText unread = {});
  // Sees to it that the first `bytes` of the text are there, if there are so many: before, they are not to be looked
  // at. Throws as UnreadText does.
  void read_text(std::size_t bytes = SIZE_MAX) {
    if (bytes > read_bytes_) read_on(bytes);
  }
  std::string_view text() const { return {pages_.data() + begin_, end_ - begin_}; }
  // What the offsets of RecordRef count from.
  char* data_of_text() { return pages_.data() + begin_; }
  const char* data_of_text() const { return pages_.data() + begin_; }

  // Where the text's first byte stands.
  std::uint32_t file_index = 0;
  std::uint64_t file_offset = 0;
  // The share of the whole input that ends with this block, 0 to 1; 0 where the input's size is unknown.
  double input_share = 0;
  TextFormat format;
  // Lines of its file that stand between the block before and this one: a header.
  std::uint64_t skipped_lines = 0;
  // Set by the sources that measure time alone.
  Arrival arrival;

 private:
  // Less than a second-level cache: so much is read at once, and parsed.
  static constexpr std::size_t kReadBytes = std::size_t{128} << 10;

  void read_on(std::size_t bytes);

  MemoryBudget* budget_;
  std::size_t first_capacity_bytes_;
  std::size_t capacity_bytes_;
  Pages pages_;
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
  UnreadText unread_;
  std::size_t read_bytes_ = SIZE_MAX;  // of the text, from its start; SIZE_MAX: all
};

}  // namespace shardflow
