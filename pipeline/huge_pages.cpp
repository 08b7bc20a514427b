#include "pipeline/huge_pages.hpp"

#include <sys/mman.h>

#include <cstdint>
#include <new>

namespace shardflow {

// Maps one huge page more than asked for and trims both ends: a huge page that straddles the edge of a mapping can't
// be used at all.
char* map_huge(std::size_t bytes) {
  void* const memory =
      mmap(nullptr, bytes + kHugePageBytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) throw std::bad_alloc();
  char* const wide = static_cast<char*>(memory);
  const std::size_t before = -reinterpret_cast<std::uintptr_t>(wide) % kHugePageBytes;
  if (before > 0) munmap(wide, before);
  if (before < kHugePageBytes) munmap(wide + before + bytes, kHugePageBytes - before);
  madvise(wide + before, bytes, MADV_HUGEPAGE);
  return wide + before;
}

void unmap(char* data, std::size_t bytes) noexcept { munmap(data, bytes); }

void populate(char* data, std::size_t bytes) {
  if (madvise(data, bytes, MADV_POPULATE_WRITE) == 0) return;
  // A kernel before 5.14: by hand, a byte a page.
  for (std::size_t at = 0; at < bytes; at += 4096) static_cast<volatile char*>(data)[at] = 0;
}

}  // namespace shardflow
