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
  Slot* const old_slots = slots_;
  const std::size_t old_count = slot_count_;

  slots_ = reinterpret_cast<Slot*>(pages_.data());
  slot_count_ = pages_.size() / sizeof(Slot);
  line_count_ = slot_count_ / kLineSlots;
  most_ = static_cast<std::size_t>(static_cast<double>(slot_count_) * kMostLoad);
  for (std::size_t i = 0; i < old_count; ++i) {
    if (old_slots[i].entry == 0) continue;
    Slot& home = slots_[this->home(old_slots[i].hash)];
    resolve(home, old_slots[i].hash, [](std::uint32_t) { return false; }) = old_slots[i];
  }
}

}  // namespace shardflow
