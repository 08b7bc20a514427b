#include "pipeline/store/deferral.hpp"

#include <utility>

namespace shardflow {
namespace {

// The sample is one record in so many: those of the first range or, where ranges are few, some of them.
constexpr std::size_t kSampledOneIn = 256;

}  // namespace

Deferral::Deferral(const Table& table, std::size_t expected, MemoryBudget& budget)
    : budget_(&budget), planned_(expected), slots_(expected, budget), sample_(budget) {
  begin_sample(table);
}

bool Deferral::in_sample(std::uint32_t hash) const { return hash % (kSampledOneIn / slots_.ranges()) == 0; }

// With what the table has: a key of it that comes again is a repeat.
void Deferral::begin_sample(const Table& table) {
  sample_ = RepeatSample(*budget_);
  sampled_ = 0;
  table.for_each([this](const Slot& slot) {
    if (slots_.range_of(slot.hash) == 0 && in_sample(slot.hash)) sample_.add(slot.hash);
  });
}

// Looks at many slots together: each is a line from memory, in the list and in the sample.
bool Deferral::still_pays() {
  if (slots_.size(0) >= sampled_ + kLeastLook + sampled_ / 8) {
    for (const std::size_t end = slots_.size(0); sampled_ < end; ++sampled_) {
      const std::uint32_t hash = slots_.slot(0, sampled_).hash;
      if (in_sample(hash)) sample_.add(hash);
    }
  }
  return sample_.records() < kLeastSample || sample_.keys() >= new_of(sample_.records());
}

// Where there are more keys than planned, in more ranges.
void Deferral::plan(const Table& table, const GrowthState& state) {
  if (state.keys <= planned_) return;
  planned_ = planned_keys(state);
  if (PendingSlots::ranges(planned_) <= slots_.ranges()) return;
  PendingSlots wider(planned_, *budget_);
  slots_.for_each_run([&](std::span<const Slot> run) {
    for (const Slot& slot : run) {
      wider.make_room(slot.hash);
      wider.push(slot);
    }
  });
  slots_ = std::move(wider);
  begin_sample(table);
}

}  // namespace shardflow
