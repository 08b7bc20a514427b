#include "pipeline/store/table.hpp"

#include <cassert>
#include <utility>

namespace shardflow {

void Table::rebuild_for(std::size_t keys) {
  assert(keys >= size_);
  Pages new_pages(bytes_for(keys, kGoalLoad), *budget_);
  new_pages.populate();
  const Pages old_pages = std::exchange(pages_, std::move(new_pages));
  const SlotLines old = lines_;
  const SlotLines lines{reinterpret_cast<Slot*>(pages_.data()), pages_.size() / sizeof(Slot) / kLineSlots};
  lines_ = lines;
  most_ = most_of(lines);
  for (const Slot* slot = old.slots; slot != old.end(); ++slot) {
    if (slot->entry == 0) continue;
    Slot* free = lines.home(slot->hash);
    while (free->entry != 0) free = lines.next(free);
    *free = *slot;
  }
}

void Table::adopt(Pages pages, const SlotLines& lines) {
  pages_ = std::move(pages);
  lines_ = lines;
  size_ = 0;
  most_ = most_of(lines);
}

}  // namespace shardflow
