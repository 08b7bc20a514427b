#include "pipeline/store/entry_list.hpp"

#include <algorithm>

namespace shardflow {

std::size_t EntryList::entries_within(std::size_t bytes) const {
  if (bytes >= this->bytes()) return size();
  const auto begins_within = [&](const Slot& slot) { return std::size_t{slot.entry} * entry::kUnitBytes <= bytes; };
  return static_cast<std::size_t>(std::ranges::partition_point(slots(), begins_within) - slots().begin()) - 1;
}

}  // namespace shardflow
