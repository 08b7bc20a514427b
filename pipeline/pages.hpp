// Large, zeroed, page-aligned memory, taken from the kernel and returned to it whole.
//
// First-touch page faults are the largest single cost of filling a store: with 4 KiB pages they took
// 1.7 s of 2.3 CPU seconds for 5M records, with 2 MiB pages 0.09 s. So everything large here (blocks,
// arenas, tables) lives in Pages, which are 2 MiB aligned and advised for huge pages from 2 MiB up.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>

namespace shardflow {

inline constexpr std::size_t kHugePageBytes = std::size_t{2} << 20;

// Counts what is mapped and refuses before the kernel's OOM killer would: inside a cgroup, memory that
// is over the limit ends in SIGKILL, never in bad_alloc. Safe to use from any number of threads.
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
  std::atomic<std::uint64_t> used_bytes_{0};
  const std::uint64_t limit_bytes_;
};

// Owns one mapping. Empty by default; movable. The budget must outlive it.
class Pages {
 public:
  Pages() = default;
  // Maps at least `bytes` zero bytes, rounded up to whole pages (2 MiB ones from 2 MiB up).
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
  void populate();
  // The same, where its pages are small, below kHugePageBytes: a huge page is one fault for as much, and what is larger
  // may never be needed whole. Where a fault leaves the virtual machine, small pages one by one cost 15 times as much.
  void populate_small();

  char* data() const { return data_; }
  std::size_t size() const { return size_; }

 private:
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
