// A source that notes when each block came.
#pragma once

#include <string>

#include "pipeline/clock.hpp"
#include "pipeline/input/source.hpp"

namespace shardflow {

// Gives what `source` gives; all records of a block came at the moment that it was given, its text read or not. The
// source must outlive it.
class StampedSource final : public Source {
 public:
  explicit StampedSource(Source& source) : source_(source) {}

  bool next(Block& block) override { return stamped(block, source_.next(block)); }
  bool next_unread(Block& block) override { return stamped(block, source_.next_unread(block)); }
  const std::string& file_name(std::uint32_t index) const override { return source_.file_name(index); }
  bool may_wait() const override { return source_.may_wait(); }

 private:
  static bool stamped(Block& block, bool more) {
    block.arrival = {steady_ns(), 0};
    return more;
  }

  Source& source_;
};

}  // namespace shardflow
