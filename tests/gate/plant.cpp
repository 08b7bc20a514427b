// A known slowdown, for the proof that the gate finds it. Linked with the program's own objects and the linker's
// --wrap, which sends their calls here first: so the program as it is built otherwise has no trace of it.
//
//   SHARDFLOW_PLANT_PARTITION_PERCENT   this share of the blocks is partitioned twice
//   SHARDFLOW_PLANT_UPSERT_PERCENT      the last records of each part, this share, are written twice
//   SHARDFLOW_PLANT_MEMORY_PERCENT      the peak of resident memory grows by this
//
// The share is of one stage's work: what it does to a whole process, the proof measures.
#include <span>
#include <vector>

#include "pipeline/batch.hpp"
#include "pipeline/measure/usage.hpp"
#include "pipeline/store/partition.hpp"
#include "pipeline/store/shard.hpp"

#ifndef SHARDFLOW_PLANT_PARTITION_PERCENT
#define SHARDFLOW_PLANT_PARTITION_PERCENT 0
#endif
#ifndef SHARDFLOW_PLANT_UPSERT_PERCENT
#define SHARDFLOW_PLANT_UPSERT_PERCENT 0
#endif
#ifndef SHARDFLOW_PLANT_MEMORY_PERCENT
#define SHARDFLOW_PLANT_MEMORY_PERCENT 0
#endif

namespace shardflow {

using Records = std::span<const RecordRef>;

// A member function takes its object first. These are the mangled names; a wrong one does not link.
void real_run(Partition&, Batch&) asm("__real__ZN9shardflow9Partition3runERNS_5BatchE");
void wrap_run(Partition&, Batch&) asm("__wrap__ZN9shardflow9Partition3runERNS_5BatchE");
void real_apply(Shard&, const char*, Records,
                double) asm("__real__ZN9shardflow5Shard5applyEPKcSt4spanIKNS_9RecordRefELm18446744073709551615EEd");
void wrap_apply(Shard&, const char*, Records,
                double) asm("__wrap__ZN9shardflow5Shard5applyEPKcSt4spanIKNS_9RecordRefELm18446744073709551615EEd");
// The upserts alone, without counting the records: the run checks its counts.
void apply_step(Shard&, const char*,
                Records) asm("_ZN9shardflow5Shard10apply_stepEPKcSt4spanIKNS_9RecordRefELm18446744073709551615EE");
std::uint64_t real_peak() asm("__real__ZN9shardflow19peak_resident_bytesEv");
std::uint64_t wrap_peak() asm("__wrap__ZN9shardflow19peak_resident_bytesEv");

void wrap_run(Partition& partition, Batch& batch) {
  real_run(partition, batch);
  // Spread evenly: of 100 blocks in a row, those whose number times the share steps over a hundred.
  constexpr std::uint64_t kPercent = SHARDFLOW_PLANT_PARTITION_PERCENT;
  if (batch.sequence * kPercent % 100 >= kPercent) return;
  for (RecordList& part : batch.parts) part.clear();
  real_run(partition, batch);
}

// The last ones in their order: writing them again leaves every key with the value that it had.
void wrap_apply(Shard& shard, const char* text, Records records, double input_share) {
  real_apply(shard, text, records, input_share);
  apply_step(shard, text, records.last(records.size() * SHARDFLOW_PLANT_UPSERT_PERCENT / 100));
}

// Takes memory until the peak has grown: what is resident now may be less than what was.
std::uint64_t wrap_peak() {
  const std::uint64_t wanted = real_peak() / 100 * (100 + SHARDFLOW_PLANT_MEMORY_PERCENT);
  std::vector<std::vector<char>> ballast;
  while (real_peak() < wanted) ballast.emplace_back(std::size_t{1} << 18, '\1');
  return real_peak();
}

}  // namespace shardflow
