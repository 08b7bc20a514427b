// A source that gives its records at a steady rate, as users would send them.
#pragma once

#include <string>

#include "pipeline/input/fields.hpp"
#include "pipeline/input/source.hpp"
#include "pipeline/interrupt.hpp"

namespace shardflow {

// Gives what `source` gives, record i not before i / rate seconds after the first call: an open loop. A record's
// arrival is the moment that it was due, not the one that somebody asked for it; so a run that falls behind shows it
// in its latencies (what Gil Tene calls "coordinated omission" hides it).
//
// A block has all records that are due, as far as they are read and fit.
class PacedSource final : public Source {
 public:
  // Records a second, more than 0, bad ones by `rules` included. `block_bytes`: of the block that the records wait in,
  // of `budget`. All but `interrupt`, which may be nullptr, must outlive it.
  PacedSource(Source& source, double rate_per_s, std::size_t block_bytes, MemoryBudget& budget,
              const Interrupt* interrupt, const RecordRules& rules = {});

  bool next(Block& block) override;
  const std::string& file_name(std::uint32_t index) const override { return source_.file_name(index); }
  bool may_wait() const override { return true; }

 private:
  std::int64_t due_ns(std::uint64_t record) const;
  void wait_until_due() const;
  void hand_over(Block& block);

  Source& source_;
  const double interval_ns_;
  const Interrupt* interrupt_;
  const RecordRules rules_;
  Block waiting_;
  std::size_t at_ = 0;  // in the text of waiting_: what is before was handed over
  std::int64_t start_ns_ = 0;
  std::uint64_t records_ = 0;  // handed over
};

}  // namespace shardflow
