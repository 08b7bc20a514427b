#include "pipeline/pages.hpp"

#include "pipeline/errors.hpp"

namespace shardflow {
namespace {

std::size_t round_up(std::size_t bytes, std::size_t unit) { return (bytes + unit - 1) / unit * unit; }

}  // namespace

void MemoryBudget::take(std::size_t bytes) {
  std::uint64_t used = used_bytes();
  do {
    if (bytes > limit_bytes_ - used) throw MemoryLimitError(used + bytes, limit_bytes_);
  } while (!used_bytes_.compare_exchange_weak(used, used + bytes, std::memory_order_relaxed));
}

Pages::Pages(std::size_t bytes, MemoryBudget& budget) {
  const std::size_t units = round_up(bytes, HugePieces::kUnitBytes);
  const bool piece = units < kHugePageBytes;
  const std::size_t rounded = piece ? units : round_up(bytes, kHugePageBytes);
  budget.take(rounded);
  try {
    data_ = piece ? budget.pieces_.take(rounded) : map_huge(rounded);
  } catch (...) {
    budget.give_back(rounded);
    throw;
  }
  size_ = rounded;
  budget_ = &budget;
}

Pages::~Pages() {
  if (data_ != nullptr) give_back_from(0);
}

void Pages::shrink(std::size_t bytes) noexcept {
  const std::size_t kept = round_up(bytes, size_ < kHugePageBytes ? HugePieces::kUnitBytes : kHugePageBytes);
  if (kept < size_) give_back_from(kept);
}

void Pages::give_back_from(std::size_t kept) noexcept {
  const std::size_t bytes = size_ - kept;
  if (size_ < kHugePageBytes) {
    budget_->pieces_.give_back(data_ + kept, bytes);
  } else {
    unmap(data_ + kept, bytes);
  }
  budget_->give_back(bytes);
  size_ = kept;
}

}  // namespace shardflow
