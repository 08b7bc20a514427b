// Whether combining pays, and over how much text: told by how often keys repeated in recent blocks.
#pragma once

#include <atomic>
#include <cstdint>

namespace shardflow {

// A repeat that is combined saves the shard an upsert (5 to 15 ns). It costs a look-up for every record (3 ns) and,
// unless nearly all or nearly none repeat, a branch that is mispredicted (5 ns). The more text, the more repeats: of
// 10,000 keys evenly, a block of 256 KiB has 2 in 5, one of 1.75 MiB 9 in 10, and the job takes 0.6 of the time. But a
// wide block and its keys leave the caches, so that it has to have more of them. Safe to use from any number of
// threads.
class Combining {
 public:
  // Whether block `sequence`, yet to be read, should be a wide one. A wide one is always combined. One thread at a
  // time.
  bool wants_wide(std::uint64_t sequence) {
    const std::uint32_t narrow = narrow_.load(std::memory_order_relaxed);
    if (narrow < kWidePromising || narrow >= kNarrowIsEnough || is_probe(sequence)) return false;
    std::uint32_t wide = wide_.load(std::memory_order_relaxed);
    if (wide == kUntried) return wide_.compare_exchange_strong(wide, 0, std::memory_order_relaxed);
    return wide >= kWidePaysFrom || sequence % kProbeWideEvery == 1;
  }

  // Whether to combine block `sequence`, which is no wide one.
  bool pays(std::uint64_t sequence) const {
    return is_probe(sequence) || narrow_.load(std::memory_order_relaxed) >= kPaysFrom;
  }

  // Whether block `sequence` is a usual one, and combined, come what may.
  static bool is_probe(std::uint64_t sequence) { return sequence % kProbeEvery == 0; }

  // What a block that was combined showed. REQUIRES: records > 0.
  void learn(std::uint64_t records, std::uint64_t repeats) {
    const std::uint32_t share = share_of(records, repeats);
    narrow_.store(share, std::memory_order_relaxed);
    // Less than that, as a share that wavers about it would have a wide block tried each time.
    if (share < kWidePromising / 2) wide_.store(kUntried, std::memory_order_relaxed);
  }
  // Likewise, of a wide one. One that its file's end, or a pipe, left part empty has fewer repeats than the next one
  // may: that it does not pay tells nothing.
  void learn_of_wide(std::uint64_t records, std::uint64_t repeats, bool full) {
    const std::uint32_t share = share_of(records, repeats);
    if (full || share >= kWidePaysFrom) wide_.store(share, std::memory_order_relaxed);
  }

 private:
  // Shares of a block's records that repeat a key of it, in 1/1024.
  static constexpr std::uint32_t kAll = 1024;
  // Wide blocks: one is tried as soon as they are promising.
  static constexpr std::uint32_t kUntried = UINT32_MAX;
  // With two in five, of 10,000 keys evenly, the job takes 1.1 to 1.25 times as long as without combining, with nine in
  // twenty, of zipf's 1M, 1.03 times.
  static constexpr std::uint32_t kPaysFrom = kAll / 2;
  // Of 20,000 keys evenly a wide block finds four in five repeats, and the job takes 0.8 of the time that it takes
  // without, of 30,000 seven in ten, and it takes 0.9 to 1.05 times as long.
  static constexpr std::uint32_t kWidePaysFrom = kAll * 3 / 4;
  // Of 23,000 keys evenly, for which a wide block just pays, a usual one has a few more than two in nine.
  static constexpr std::uint32_t kWidePromising = kAll / 5;
  // Of 400 keys evenly, a wide block has nothing to save.
  static constexpr std::uint32_t kNarrowIsEnough = kAll * 15 / 16;
  // One block in so many is a usual one, and combined: to see whether that pays by now, or whether wide ones still may.
  static constexpr std::uint64_t kProbeEvery = 32;
  // While wide ones do not pay, one in so many is one.
  static constexpr std::uint64_t kProbeWideEvery = 1024;

  static std::uint32_t share_of(std::uint64_t records, std::uint64_t repeats) {
    return static_cast<std::uint32_t>(repeats * kAll / records);
  }

  std::atomic<std::uint32_t> narrow_{0};
  std::atomic<std::uint32_t> wide_{kUntried};
};

}  // namespace shardflow
