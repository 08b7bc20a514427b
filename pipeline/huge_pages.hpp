// Mappings of 2 MiB pages, from the kernel and back to it.
#pragma once

#include <cstddef>

namespace shardflow {

inline constexpr std::size_t kHugePageBytes = std::size_t{2} << 20;

// Maps zero bytes, aligned for huge pages and advised to be in them. REQUIRES: a multiple of kHugePageBytes. Throws
// std::bad_alloc.
char* map_huge(std::size_t bytes);
void unmap(char* data, std::size_t bytes) noexcept;

// Faults all of it in, for writing, at once. REQUIRES: page-aligned.
void populate(char* data, std::size_t bytes);

}  // namespace shardflow
