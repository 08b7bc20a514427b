#include "pipeline/store/table.hpp"

#include <cassert>
#include <utility>

namespace shardflow {

void Table::rebuild_for(std::size_t keys) {
  assert(keys >= size_);
  const auto wanted_slots = static_cast<std::size_t>(static_cast<double>(keys) / kGoalLoad) + 1;
  Pages new_pages(wanted_slots * sizeof(Slot), *budget_);
  new_pages.populate();
  const Pages old_pages = std::exchange(pages_, std::move(new_pages));
  const SlotLines old = lines_;

  const SlotLines lines{reinterpret_cast<Slot*>(pages_.data()), pages_.size() / sizeof(Slot) / kLineSlots};
  lines_ = lines;
  most_ = static_cast<std::size_t>(static_cast<double>(slots()) * kMostLoad);
  for (const Slot* slot = old.slots; slot != old.end(); ++slot) {
    if (slot->entry == 0) continue;
    Slot* free = lines.home(slot->hash);
    while (free->entry != 0) free = lines.next(free);
    *free = *slot;
  }
}

}  // namespace shardflow
