#include "pipeline/input/paced_source.hpp"

#include <poll.h>

#include <algorithm>
#include <cstring>
#include <ctime>

#include "pipeline/clock.hpp"
#include "pipeline/errors.hpp"
#include "pipeline/input/take_records.hpp"

namespace shardflow {

PacedSource::PacedSource(Source& source, double rate_per_s, std::size_t block_bytes, MemoryBudget& budget,
                         const Interrupt* interrupt, const RecordRules& rules)
    : source_(source),
      interval_ns_(1e9 / rate_per_s),
      interrupt_(interrupt),
      rules_(rules),
      waiting_(block_bytes, budget) {}

bool PacedSource::next(Block& block) {
  if (start_ns_ == 0) start_ns_ = steady_ns();
  if (at_ == waiting_.text().size()) {
    waiting_.reset();
    at_ = 0;
    if (!source_.next(waiting_)) return false;
  }
  wait_until_due();
  hand_over(block);
  return true;
}

std::int64_t PacedSource::due_ns(std::uint64_t record) const {
  return start_ns_ + static_cast<std::int64_t>(interval_ns_ * static_cast<double>(record));
}

void PacedSource::wait_until_due() const {
  pollfd wake{interrupt_ == nullptr ? -1 : interrupt_->wake_descriptor(), POLLIN, 0};
  for (std::int64_t left_ns; (left_ns = due_ns(records_) - steady_ns()) > 0;) {
    const timespec left{left_ns / 1'000'000'000, left_ns % 1'000'000'000};
    if (ppoll(&wake, 1, &left, nullptr) > 0) throw InterruptedError();
  }
}

void PacedSource::hand_over(Block& block) {
  const std::string_view rest = waiting_.text().substr(at_);
  const auto due = static_cast<std::uint64_t>(static_cast<double>(steady_ns() - start_ns_) / interval_ns_) + 1;
  std::uint64_t left = due - std::min(records_, due - 1);
  const std::uint64_t most = left;
  const std::size_t bytes = take_records(rest, waiting_.format, rules_, left);
  if (bytes > block.capacity()) block.grow(bytes);
  std::memcpy(block.data(), rest.data(), bytes);
  block.set_text(0, bytes);
  block.file_index = waiting_.file_index;
  block.file_offset = waiting_.file_offset + at_;
  block.input_share = waiting_.input_share;
  block.format = waiting_.format;
  block.skipped_lines = at_ == 0 ? waiting_.skipped_lines : 0;
  block.arrival = {due_ns(records_), interval_ns_};
  at_ += bytes;
  records_ += most - left;
}

}  // namespace shardflow
