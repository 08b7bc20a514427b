#include "pipeline/store/entry_list.hpp"

#include <algorithm>
#include <utility>

namespace shardflow {
namespace {

// At least twice as large.
Pages grown(const Pages& pages, std::size_t used, std::size_t least, MemoryBudget& budget) {
  Pages wider(std::max(least, pages.size() * 2), budget);
  std::copy_n(pages.data(), used, wider.data());
  return wider;
}

}  // namespace

void EntryList::clear() {
  next_ = entries_.data();
  next_slot_ = first_slot();
  lengths_ = 0;
}

std::size_t EntryList::entries_within(std::size_t bytes) const {
  if (bytes >= this->bytes()) return size();
  const auto begins_within = [&](const Slot& slot) { return std::size_t{slot.entry} * entry::kUnitBytes <= bytes; };
  return static_cast<std::size_t>(std::ranges::partition_point(slots(), begins_within) - slots().begin()) - 1;
}

void EntryList::grow(std::size_t entry_bytes) {
  const std::size_t used = bytes();
  const std::size_t count = size();
  if (used + entry_bytes + kSlackBytes > entries_.size()) {
    entries_ = grown(entries_, used, used + entry_bytes + kSlackBytes, *budget_);
    next_ = entries_.data() + used;
    last_ = entries_.data() + entries_.size() - kSlackBytes;
  }
  if ((count + 1) * sizeof(Slot) > slots_.size()) {
    slots_ = grown(slots_, count * sizeof(Slot), sizeof(Slot), *budget_);
    next_slot_ = first_slot() + count;
    end_slot_ = first_slot() + slots_.size() / sizeof(Slot);
  }
}

}  // namespace shardflow
