#include "pipeline/pages.hpp"

#include <sys/mman.h>
#include <unistd.h>

#include <cstdint>
#include <new>

#include "pipeline/errors.hpp"

namespace shardflow {
namespace {

std::size_t round_up(std::size_t bytes, std::size_t unit) { return (bytes + unit - 1) / unit * unit; }

char* map(std::size_t bytes) {
  void* memory = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) throw std::bad_alloc();
  return static_cast<char*>(memory);
}

// Maps one huge page more than asked for and trims both ends, so that the start is 2 MiB aligned:
// a huge page that straddles the edge of a mapping can't be used at all.
char* map_huge(std::size_t bytes) {
  char* wide = map(bytes + kHugePageBytes);
  const auto start = reinterpret_cast<std::uintptr_t>(wide);
  const std::size_t before = round_up(start, kHugePageBytes) - start;
  if (before > 0) munmap(wide, before);
  if (before < kHugePageBytes) munmap(wide + before + bytes, kHugePageBytes - before);
  madvise(wide + before, bytes, MADV_HUGEPAGE);
  return wide + before;
}

}  // namespace

void MemoryBudget::take(std::size_t bytes) {
  const std::uint64_t before = used_bytes_.fetch_add(bytes, std::memory_order_relaxed);
  if (before + bytes <= limit_bytes_) return;
  give_back(bytes);
  throw MemoryLimitError(before + bytes, limit_bytes_);
}

Pages::Pages(std::size_t bytes, MemoryBudget& budget) {
  static const auto small_page_bytes = static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
  const bool huge = bytes >= kHugePageBytes;
  const std::size_t rounded = round_up(bytes, huge ? kHugePageBytes : small_page_bytes);
  budget.take(rounded);
  try {
    data_ = huge ? map_huge(rounded) : map(rounded);
  } catch (...) {
    budget.give_back(rounded);
    throw;
  }
  size_ = rounded;
  budget_ = &budget;
}

void Pages::populate() {
  if (madvise(data_, size_, MADV_POPULATE_WRITE) == 0) return;
  // A kernel before 5.14: by hand, a byte a page.
  for (std::size_t at = 0; at < size_; at += 4096) static_cast<volatile char*>(data_)[at] = 0;
}

void Pages::populate_small() {
  if (size_ < kHugePageBytes) populate();
}

Pages::~Pages() {
  if (data_ == nullptr) return;
  munmap(data_, size_);
  budget_->give_back(size_);
}

}  // namespace shardflow
