// Bytes that are added at their end.
#pragma once

#include <algorithm>
#include <cassert>
#include <cstddef>
#include <string_view>
#include <utility>

#include "pipeline/pages.hpp"

namespace shardflow {

// In Pages, with nothing initialised that a reader or decoder is about to write; keeps its memory when it is cut.
class ByteBuffer {
 public:
  // The budget must outlive it.
  explicit ByteBuffer(MemoryBudget& budget) : budget_(budget) {}
  ByteBuffer(ByteBuffer&& other) noexcept : budget_(other.budget_) { swap(other); }
  ByteBuffer(const ByteBuffer&) = delete;
  ByteBuffer& operator=(const ByteBuffer&) = delete;

  // Room for so many bytes behind the end, to be filled and then add()ed; what view() gave is void. Throws as Pages
  // does.
  char* reserve(std::size_t bytes) {
    if (size_ + bytes > pages_.size()) [[unlikely]]
      grow(size_ + bytes);
    return pages_.data() + size_;
  }
  // REQUIRES: they were reserved.
  void add(std::size_t bytes) {
    assert(size_ + bytes <= pages_.size());
    size_ += bytes;
  }
  // Cuts it to its first `bytes`. REQUIRES: it has as many.
  void cut(std::size_t bytes) {
    assert(bytes <= size_);
    size_ = bytes;
  }
  // Makes it empty, and gives its memory back.
  void shed() noexcept {
    pages_ = Pages();
    size_ = 0;
  }
  // REQUIRES: they are not its own.
  void assign(std::string_view bytes) {
    size_ = 0;
    bytes.copy(reserve(bytes.size()), bytes.size());
    add(bytes.size());
  }

  // REQUIRES: both are of one budget.
  void swap(ByteBuffer& other) noexcept {
    std::swap(pages_, other.pages_);
    std::swap(size_, other.size_);
  }

  std::string_view view() const { return {pages_.data(), size_}; }
  std::size_t size() const { return size_; }

 private:
  [[gnu::noinline]] void grow(std::size_t least_bytes) {
    Pages wider(std::max(least_bytes, 2 * pages_.size()), budget_);
    view().copy(wider.data(), size_);
    pages_ = std::move(wider);
  }

  MemoryBudget& budget_;
  Pages pages_;
  std::size_t size_ = 0;
};

}  // namespace shardflow
