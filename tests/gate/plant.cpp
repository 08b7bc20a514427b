// A known slowdown, for the proof that the gate finds it. Linked with the program's own objects and the linker's
// --wrap, which sends their calls here first: so the program as it is built otherwise has no trace of it.
//
//   SHARDFLOW_PLANT_PARTITION_PERCENT   the process's CPU time grows by this, in the partition stage
//   SHARDFLOW_PLANT_UPSERT_PERCENT      the same in the shards' writes
//   SHARDFLOW_PLANT_MEMORY_PERCENT      the peak of resident memory grows by this
//
// By CPU time and not by work done twice: that finds everything in the cache, and takes a fraction of the first time.
#include <atomic>
#include <ctime>
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
void real_apply(Shard&, const EntryList&, double) asm("__real__ZN9shardflow5Shard5applyERKNS_9EntryListEd");
void wrap_apply(Shard&, const EntryList&, double) asm("__wrap__ZN9shardflow5Shard5applyERKNS_9EntryListEd");
void real_settle(Shard&) noexcept asm("__real__ZN9shardflow5Shard6settleEv");
void wrap_settle(Shard&) noexcept asm("__wrap__ZN9shardflow5Shard6settleEv");
std::uint64_t real_peak() asm("__real__ZN9shardflow19peak_resident_bytesEv");
std::uint64_t wrap_peak() asm("__wrap__ZN9shardflow19peak_resident_bytesEv");

std::int64_t cpu_ns(clockid_t clock) {
  timespec time{};
  clock_gettime(clock, &time);
  return time.tv_sec * std::int64_t{1'000'000'000} + time.tv_nsec;
}

// Asking for the process's CPU time takes half a microsecond: in each of 2,000 calls a run it would plant 2 % by
// itself.
constexpr unsigned kCallsPerLook = 8;

// Keeps this thread busy until `percent` of the process's own CPU time so far has been planted.
void slow_down(std::int64_t percent) {
  static std::atomic<unsigned> calls{0};
  static std::atomic<std::int64_t> planted{0};
  if (percent == 0 || ++calls % kCallsPerLook != 0) return;
  std::int64_t before = planted;
  const std::int64_t owed = (cpu_ns(CLOCK_PROCESS_CPUTIME_ID) - before) * percent / 100 - before;
  if (owed <= 0 || !planted.compare_exchange_strong(before, before + owed)) return;
  const std::int64_t end = cpu_ns(CLOCK_THREAD_CPUTIME_ID) + owed;
  while (cpu_ns(CLOCK_THREAD_CPUTIME_ID) < end) {
  }
}

void wrap_run(Partition& partition, Batch& batch) {
  real_run(partition, batch);
  slow_down(SHARDFLOW_PLANT_PARTITION_PERCENT);
}

void wrap_apply(Shard& shard, const char* text, Records records, double input_share) {
  real_apply(shard, text, records, input_share);
  slow_down(SHARDFLOW_PLANT_UPSERT_PERCENT);
}

void wrap_apply(Shard& shard, const EntryList& records, double input_share) {
  real_apply(shard, records, input_share);
  slow_down(SHARDFLOW_PLANT_UPSERT_PERCENT);
}

void wrap_settle(Shard& shard) noexcept {
  real_settle(shard);
  slow_down(SHARDFLOW_PLANT_UPSERT_PERCENT);
}

// Takes memory until the peak has grown: what is resident now may be less than what was.
std::uint64_t wrap_peak() {
  const std::uint64_t wanted = real_peak() / 100 * (100 + SHARDFLOW_PLANT_MEMORY_PERCENT);
  std::vector<std::vector<char>> ballast;
  while (real_peak() < wanted) ballast.emplace_back(std::size_t{1} << 18, '\1');
  return real_peak();
}

}  // namespace shardflow
