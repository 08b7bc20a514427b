// simdjson's parser for a JSON line that is longer than a block usually is.
#pragma once

#include <simdjson.h>

#include <cstddef>
#include <utility>

#include "pipeline/pages.hpp"

namespace shardflow {

// The longest line for which a thread's own parser serves, which keeps what it took: as long as a block usually is.
inline constexpr std::size_t kMostKeptLineBytes = std::size_t{256} << 10;

// For longer ones: its memory, nearly six times the longest line, is out of the budget, and given back with it.
class LongLineParser {
 public:
  // The budget must outlive it.
  explicit LongLineParser(MemoryBudget& budget) : budget_(budget) {}
  ~LongLineParser() { budget_.give_back(taken_bytes_); }
  LongLineParser(const LongLineParser&) = delete;
  LongLineParser& operator=(const LongLineParser&) = delete;

  // With room for such a line; what it found before is void. Throws MemoryLimitError.
  simdjson::ondemand::parser& with_room(std::size_t line_bytes) {
    if (line_bytes > most_line_bytes_) grow(line_bytes);
    return parser_;
  }

 private:
  // What simdjson allocates for a line: 4 bytes a byte for where its tokens are, 5/3 for what its strings mean, and
  // little more, for 1,024 levels and padding.
  static std::size_t bytes_of(std::size_t line_bytes) { return 17 * line_bytes / 3 + (std::size_t{16} << 10); }

  void grow(std::size_t line_bytes) {
    parser_ = simdjson::ondemand::parser();  // else it would have the old memory besides the new
    most_line_bytes_ = 0;
    budget_.give_back(std::exchange(taken_bytes_, 0));
    budget_.take(bytes_of(line_bytes));
    taken_bytes_ = bytes_of(line_bytes);
    most_line_bytes_ = line_bytes;
  }

  MemoryBudget& budget_;
  simdjson::ondemand::parser parser_;
  std::size_t most_line_bytes_ = 0;
  std::size_t taken_bytes_ = 0;
};

}  // namespace shardflow
