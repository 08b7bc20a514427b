#include "pipeline/store/pending_slots.hpp"

#include <algorithm>
#include <bit>
#include <cstring>

namespace shardflow {
namespace {

// Of the table. It may be fuller than one that is filled key by key: where a search goes on in the next line, that is
// in a cache.
constexpr double kLoad = 0.8;
// Of slots that a range is to hold: their part of the table, 64 KiB, and they themselves are in a second-level cache.
constexpr std::size_t kRangeSlots = 5'700;
// More lines than these are not in a first-level cache.
constexpr std::size_t kMostRanges = 256;

void stream_line(Slot* to, const Slot* from) {
#if defined(__x86_64__)
  for (std::size_t i = 0; i < kLineSlots; i += 2) {
    _mm_stream_si128(reinterpret_cast<__m128i*>(to + i), _mm_load_si128(reinterpret_cast<const __m128i*>(from + i)));
  }
#else
  std::memcpy(to, from, kLineSlots * sizeof(Slot));
#endif
}

}  // namespace

std::size_t PendingSlots::ranges(std::size_t keys) {
  return std::clamp<std::size_t>(std::bit_ceil(keys / kRangeSlots + 1), 2, kMostRanges);
}

// A range's lists are of whole lines, so that it begins where the home of its first hash does.
PendingSlots::PendingSlots(std::size_t keys, MemoryBudget& budget)
    : shift_(32 - std::countr_zero(ranges(keys))),
      pages_(Table::bytes_for(keys, kLoad), budget),
      in_line_(ranges(keys)),
      lines_(ranges(keys)),
      rest_(budget) {
  pages_.populate();
  const std::size_t part_lines = pages_.size() / sizeof(Line) / ranges(keys);
  part_slots_ = part_lines * kLineSlots;
  table_lines_ = {reinterpret_cast<Slot*>(pages_.data()), part_lines * ranges(keys)};
  taken_out_ = Pages(2 * part_slots_ * sizeof(Slot), budget);
  for (std::size_t range = 0; range < in_line_.size(); ++range) ends_.push_back(part(range));
}

std::size_t PendingSlots::room() const { return Table::most_of(table_lines_) - size(); }

void PendingSlots::publish() {
#if defined(__x86_64__)
  _mm_sfence();
#endif
}

void PendingSlots::flush(std::size_t range) {
  if (full(range)) [[unlikely]] {
    rest_.append(last_line(range));
  } else {
    stream_line(ends_[range], lines_[range].slots.data());
    ends_[range] += kLineSlots;
  }
  flushed_ += kLineSlots;
  in_line_[range] = 0;
}

// Moves a range's list to where those of an even and an odd range have room, and leaves its part free.
std::span<const Slot> PendingSlots::take_out(std::size_t range) {
  const std::span<const Slot> flushed = list(range);
  const std::span<const Slot> last = end_of_list(range);
  Slot* const to = reinterpret_cast<Slot*>(taken_out_.data()) + range % 2 * part_slots_;
  std::ranges::copy(last, std::ranges::copy(flushed, to).out);
  std::fill_n(part(range), flushed.size(), Slot{});
  return {to, flushed.size() + last.size()};
}

}  // namespace shardflow
