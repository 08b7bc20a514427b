#include "pipeline/block.hpp"

#include <algorithm>
#include <cassert>
#include <cstring>
#include <utility>

namespace shardflow {

Block::Block(std::size_t capacity_bytes, MemoryBudget& budget)
    : budget_(&budget),
      first_capacity_bytes_(capacity_bytes),
      capacity_bytes_(capacity_bytes),
      pages_(capacity_bytes + kBlockSlackBytes, budget) {
  assert(capacity_bytes > 0 && capacity_bytes <= kMaxBlockBytes);
}

void Block::reset() {
  set_text(0, 0);
  if (!grown()) return;
  pages_ = Pages();
  pages_ = Pages(first_capacity_bytes_ + kBlockSlackBytes, *budget_);
  capacity_bytes_ = first_capacity_bytes_;
}

void Block::shed() noexcept {
  if (!grown()) return;
  set_text(0, 0);
  pages_ = Pages();
  capacity_bytes_ = 0;
}

void Block::resize(std::size_t capacity_bytes) {
  assert(capacity_bytes > 0 && capacity_bytes <= kMaxBlockBytes && begin_ == end_ && !grown());
  if (capacity_bytes == capacity_bytes_) return;
  pages_ = Pages();  // first, so that what it had is a part of what it gets, or of what another one does
  capacity_bytes_ = 0;
  pages_ = Pages(capacity_bytes + kBlockSlackBytes, *budget_);
  first_capacity_bytes_ = capacity_bytes_ = capacity_bytes;
}

void Block::grow(std::size_t capacity_bytes) {
  assert(capacity_bytes >= capacity_bytes_ && capacity_bytes <= kMaxBlockBytes);
  Pages wider(capacity_bytes + kBlockSlackBytes, *budget_);
  std::memcpy(wider.data(), pages_.data(), capacity_bytes_);
  pages_ = std::move(wider);
  capacity_bytes_ = capacity_bytes;
}

void Block::set_text(std::size_t begin, std::size_t end, UnreadText unread) {
  assert(begin <= end && end <= capacity_bytes_ && (unread.bytes() == 0 || unread.bytes() == end - begin));
  begin_ = begin;
  end_ = end;
  read_bytes_ = unread.bytes() == 0 ? SIZE_MAX : 0;
  unread_ = std::move(unread);
}

void Block::read_on(std::size_t bytes) {
  const std::size_t more = std::min(unread_.bytes(), std::max(bytes - read_bytes_, kReadBytes));
  unread_.read(data_of_text() + read_bytes_, more);
  read_bytes_ += more;
  if (unread_.bytes() > 0) return;
  read_bytes_ = SIZE_MAX;
  unread_ = UnreadText();  // the file, too, which is closed with the last text that was left in it
}

}  // namespace shardflow
