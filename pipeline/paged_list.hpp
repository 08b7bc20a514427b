// A vector in Pages.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <type_traits>
#include <utility>

#include "pipeline/pages.hpp"

namespace shardflow {

// Never initialises what it reserves, and keeps its memory when cleared.
template <class T>
class PagedList {
  static_assert(std::is_trivially_copyable_v<T>);

 public:
  // The budget must outlive it.
  explicit PagedList(MemoryBudget& budget) : budget_(&budget) {}

  // Throws as Pages does.
  void push(const T& item) {
    if (size_ == capacity_) [[unlikely]]
      grow();
    data()[size_++] = item;
  }
  // Likewise, all of them or, if it throws, none.
  void append(std::span<const T> items) {
    while (capacity_ - size_ < items.size()) grow();
    std::copy(items.begin(), items.end(), data() + size_);
    size_ += static_cast<std::uint32_t>(items.size());
  }
  void clear() { size_ = 0; }
  // Empty, and gives its memory back.
  void shed() { *this = PagedList(*budget_); }

  std::uint32_t size() const { return size_; }
  std::size_t reserved_bytes() const { return pages_.size(); }
  T& operator[](std::uint32_t i) { return data()[i]; }
  std::span<const T> items() const { return {data(), size_}; }

 private:
  T* data() const { return reinterpret_cast<T*>(pages_.data()); }
  [[gnu::noinline]] void grow() {
    Pages wider(std::max<std::size_t>(1, pages_.size() * 2), *budget_);
    std::copy_n(data(), size_, reinterpret_cast<T*>(wider.data()));
    pages_ = std::move(wider);
    capacity_ = static_cast<std::uint32_t>(pages_.size() / sizeof(T));
  }

  MemoryBudget* budget_;
  Pages pages_;
  std::uint32_t size_ = 0;
  std::uint32_t capacity_ = 0;
};

}  // namespace shardflow
