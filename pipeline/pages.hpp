// Large, zeroed, page-aligned memory, given back whole.
//
// First-touch page faults are the largest single cost of filling a store: with 4 KiB pages they took
// 1.7 s of 2.3 CPU seconds for 5M records, with 2 MiB pages 0.09 s. So everything large here (blocks, lists of
// records, arenas, tables) lives in Pages: 2 MiB ones, or pieces of such.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>

#include "pipeline/huge_pieces.hpp"

namespace shardflow {

// Counts what is taken and refuses before the kernel's OOM killer would: inside a cgroup, memory that
// is over the limit ends in SIGKILL, never in bad_alloc. It does not count what is left of the huge pages that
// pieces are cut from. Safe to use from any number of threads.
class MemoryBudget {
 public:
  explicit MemoryBudget(std::uint64_t limit_bytes) : limit_bytes_(limit_bytes) {}
  MemoryBudget(const MemoryBudget&) = delete;
  MemoryBudget& operator=(const MemoryBudget&) = delete;

  // Throws MemoryLimitError, and takes nothing, if `bytes` more would exceed the limit.
  void take(std::size_t bytes);
  void give_back(std::size_t bytes) noexcept { used_bytes_.fetch_sub(bytes, std::memory_order_relaxed); }

  std::uint64_t used_bytes() const { return used_bytes_.load(std::memory_order_relaxed); }
  std::uint64_t limit_bytes() const { return limit_bytes_; }

 private:
  friend class Pages;

  std::atomic<std::uint64_t> used_bytes_{0};
  const std::uint64_t limit_bytes_;
  HugePieces pieces_;  // of what is taken, all that is less than a huge page
};

// Owns one mapping, or a piece of one. Empty by default; movable. The budget must outlive it.
class Pages {
 public:
  Pages() = default;
  // At least `bytes` zero bytes, rounded up to whole pages (2 MiB ones from 2 MiB up); resident, below 2 MiB.
  // Throws MemoryLimitError beyond the budget, std::bad_alloc if the kernel refuses.
  Pages(std::size_t bytes, MemoryBudget& budget);
  ~Pages();
  Pages(Pages&& other) noexcept { swap(other); }
  Pages& operator=(Pages&& other) noexcept {
    Pages(std::move(other)).swap(*this);
    return *this;
  }

  // Faults all of it in, for writing, at once. For memory that is read before it is written (a table's free
  // slots): there each page would fault twice, first for the shared zero page, then to replace it, and the
  // second time interrupt every other core.
  void populate() {
    if (size_ >= kHugePageBytes) shardflow::populate(data_, size_);
  }

  // Gives back whole pages behind the first `bytes`: huge ones, where it has such. REQUIRES: 0 < bytes <= size().
  void shrink(std::size_t bytes) noexcept;

  char* data() const { return data_; }
  std::size_t size() const { return size_; }

 private:
  void give_back_from(std::size_t kept) noexcept;
  void swap(Pages& other) noexcept {
    std::swap(data_, other.data_);
    std::swap(size_, other.size_);
    std::swap(budget_, other.budget_);
  }

  char* data_ = nullptr;
  std::size_t size_ = 0;
  MemoryBudget* budget_ = nullptr;
};

}  // namespace shardflow
