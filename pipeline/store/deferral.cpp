#include "pipeline/store/deferral.hpp"

#include <algorithm>
#include <utility>

namespace shardflow {
namespace {

// The sample is one record in so many: those of the first range or, where ranges are few, some of them.
constexpr std::size_t kSampledOneIn = 256;

void push(PendingSlots& slots, const Slot& slot) {
  slots.make_room(slot.hash);
  slots.push(slot);
}

}  // namespace

Deferral::Deferral(const Table& table, std::size_t keys, MemoryBudget& budget)
    : budget_(&budget), slots_(keys, budget), sample_(budget) {
  table.for_each([this](const Slot& slot) { push(slots_, slot); });
}

bool Deferral::in_sample(std::uint32_t hash) const { return hash % (kSampledOneIn / slots_.ranges()) == 0; }

// Looks at many slots together: each is a line from memory, in the list and in the sample.
bool Deferral::still_pays() {
  if (slots_.overflows()) return false;
  if (slots_.size(0) >= sampled_ + kLeastLook + sampled_ / 16) {
    for (const std::size_t end = slots_.size(0); sampled_ < end; ++sampled_) {
      const std::uint32_t hash = slots_.slot(0, sampled_).hash;
      if (in_sample(hash)) sample_.add(hash);
    }
  }
  return sample_.records() < kLeastSample || sample_.keys() >= new_of(sample_.records());
}

void Deferral::make_room(std::size_t records, const GrowthState& state) {
  if (slots_.room() >= records) return;
  PendingSlots wider(std::max(planned_keys(state), slots_.size() + records), *budget_);
  slots_.for_each_run([&](std::span<const Slot> run) {
    for (const Slot& slot : run) push(wider, slot);
  });
  slots_ = std::move(wider);
  sample_ = RepeatSample(*budget_);
  sampled_ = 0;
}

}  // namespace shardflow
