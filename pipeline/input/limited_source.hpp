// The first records of a source.
#pragma once

#include <cstdint>
#include <string>

#include "pipeline/input/fields.hpp"
#include "pipeline/input/source.hpp"

namespace shardflow {

// Gives what `source` gives, up to `records` records over all files, bad ones by `rules` included. The source must
// outlive it.
class LimitedSource final : public Source {
 public:
  LimitedSource(Source& source, std::uint64_t records, const RecordRules& rules = {})
      : source_(source), rules_(rules), left_(records) {}

  bool next(Block& block) override;
  const std::string& file_name(std::uint32_t index) const override { return source_.file_name(index); }
  bool may_wait() const override { return source_.may_wait(); }

 private:
  Source& source_;
  const RecordRules rules_;
  std::uint64_t left_;
};

}  // namespace shardflow
