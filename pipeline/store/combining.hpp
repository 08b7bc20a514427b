// Whether combining pays, and over how much text: told by how often keys repeated in recent blocks.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>

namespace shardflow {

// How much text a block has: as much as is usual, or several times that, for the repeats.
enum class BlockWidth : std::uint8_t { kUsual, kDouble, kWide, kWidest };
inline constexpr std::size_t kBlockWidths = 4;

// What a block that was combined showed.
struct CombinedBlock {
  BlockWidth width = BlockWidth::kUsual;
  // A wider one was wanted, for which memory was too short.
  bool narrowed = false;
  // Its file's end, or a pipe, did not leave it part empty: else it has fewer repeats than the next one may.
  bool full = true;
  std::uint64_t records = 0;
  std::uint64_t repeats = 0;
};

// A repeat that is combined saves the shard an upsert (5 to 15 ns). It costs a look-up for every record (3 ns) and,
// unless nearly all or nearly none repeat, a branch that is mispredicted (5 ns). The more text, the more repeats: of
// 10,000 keys evenly, a block of 256 KiB has 2 in 5, a wide one of 1.75 MiB 9 in 10, and the job takes 0.6 of the time;
// of 30,000, a widest one of 3.5 MiB has 5 in 6, and it takes 0.8. But its keys leave the caches, so that it has to
// have more repeats. Of 400 keys, a double one has half as many records for the shards, and the job takes 0.94. Safe to
// use from any number of threads.
class Combining {
 public:
  // How wide block `sequence`, yet to be read, should be. What is not of the usual width is always combined. One thread
  // at a time.
  BlockWidth width(std::uint64_t sequence) {
    const std::uint32_t narrow = narrow_.load(std::memory_order_relaxed);
    if (narrow < kWidePromising || is_probe(sequence)) return BlockWidth::kUsual;
    if (narrow >= kDoubleIsEnough) return BlockWidth::kDouble;
    Verdict verdict = verdict_.load(std::memory_order_relaxed);
    if (verdict == Verdict::kUntried) {
      const bool is_first = verdict_.compare_exchange_strong(verdict, Verdict::kUsual, std::memory_order_relaxed);
      return is_first ? BlockWidth::kWide : BlockWidth::kUsual;
    }
    if (verdict == Verdict::kWidest) return BlockWidth::kWidest;
    return verdict == Verdict::kWide || sequence % kProbeWideEvery == 1 ? BlockWidth::kWide : BlockWidth::kUsual;
  }

  // Whether to combine block `sequence`, which is of the usual width.
  bool pays(std::uint64_t sequence) const {
    return is_probe(sequence) || narrow_.load(std::memory_order_relaxed) >= kPaysFrom;
  }

  // Whether block `sequence` is a usual one, and combined, come what may.
  static bool is_probe(std::uint64_t sequence) { return sequence % kProbeEvery == 0; }

  // A wide block that is not full does not tell that wide ones do not pay. A double one tells of usual ones, if it is
  // full. REQUIRES: it has records.
  void learn(const CombinedBlock& block) {
    const auto share = static_cast<std::uint32_t>(block.repeats * kAll / block.records);
    if (block.width == BlockWidth::kUsual || block.width == BlockWidth::kDouble) {
      if (block.width == BlockWidth::kDouble && !block.full) return;
      const std::uint32_t narrow = block.width == BlockWidth::kUsual ? share : of_half(share);
      narrow_.store(narrow, std::memory_order_relaxed);
      // Less than that, as a share that wavers about it would have a wide block tried each time.
      if (narrow < kWidePromising / 2) verdict_.store(Verdict::kUntried, std::memory_order_relaxed);
      return;
    }
    const Verdict verdict = verdict_of(block, share);
    if (block.full || verdict != Verdict::kUsual) verdict_.store(verdict, std::memory_order_relaxed);
  }

 private:
  // The width that pays, as far as is known.
  enum class Verdict : std::uint8_t { kUntried, kUsual, kWide, kWidest };

  // Shares of a block's records that repeat a key of it, in 1/1024.
  static constexpr std::uint32_t kAll = 1024;
  // With two in five, of 10,000 keys evenly, the job takes 1.1 to 1.25 times as long as without combining, with nine in
  // twenty, of zipf's 1M, 1.03 times.
  static constexpr std::uint32_t kPaysFrom = kAll / 2;
  // Of 30,000 keys evenly a widest block finds five in six repeats, and the job takes 0.8 of the time that it takes
  // without, of 40,000 three in four, and it takes 1.1 times as long.
  static constexpr std::uint32_t kWidestPaysFrom = kAll * 4 / 5;
  // Of as many keys a wide block finds three in five.
  static constexpr std::uint32_t kWideIsHopeful = kAll * 3 / 5;
  // Where there is no memory for widest ones: of 20,000 keys evenly a wide one finds four in five, and the job takes
  // 0.8 of the time, of 30,000 seven in ten, and it takes 0.9 to 1.05 times as long.
  static constexpr std::uint32_t kWidePaysFrom = kAll * 3 / 4;
  // Of 5,000 keys evenly a wide block finds fifteen in sixteen, of 4,000 a widest one thirty-nine in forty. Of 1,000,
  // widest blocks take 1.04 times as long as wide ones, of 10,000 0.95.
  static constexpr std::uint32_t kWideIsEnough = kAll - kAll / 16;
  static constexpr std::uint32_t kWidestIsTooMuch = kAll - kAll / 40;
  // Of 33,000 keys evenly, for which a widest block just pays, a usual one finds one in nine.
  static constexpr std::uint32_t kWidePromising = kAll / 9;
  // Of 400 keys evenly, a wide block saves no more than a double one, of which fewer bytes are in flight; of 1,000, it
  // takes 0.98 of a double one's time.
  static constexpr std::uint32_t kDoubleIsEnough = kAll * 15 / 16;
  // One block in so many is a usual one, and combined: to see whether that pays by now, or whether wide ones still may.
  static constexpr std::uint64_t kProbeEvery = 32;
  // While wide ones do not pay, one in so many is one.
  static constexpr std::uint64_t kProbeWideEvery = 1024;

  // What a usual block has, of a double one: half of the records, and nearly all the keys where these are few.
  static std::uint32_t of_half(std::uint32_t share) { return std::max(2 * share, kAll) - kAll; }

  static Verdict verdict_of(const CombinedBlock& block, std::uint32_t share) {
    if (block.width == BlockWidth::kWidest) {
      if (share >= kWidestIsTooMuch) return Verdict::kWide;
      return share >= kWidestPaysFrom ? Verdict::kWidest : Verdict::kUsual;
    }
    if (share >= kWideIsEnough) return Verdict::kWide;
    return share >= (block.narrowed ? kWidePaysFrom : kWideIsHopeful) ? Verdict::kWidest : Verdict::kUsual;
  }

  std::atomic<std::uint32_t> narrow_{0};
  std::atomic<Verdict> verdict_{Verdict::kUntried};
};

}  // namespace shardflow
