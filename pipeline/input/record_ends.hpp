// Where a text that grows can be cut.
#pragma once

#include <cstddef>
#include <string_view>

#include "pipeline/input/separators.hpp"
#include "pipeline/input/text_format.hpp"

namespace shardflow {

// Finds the end of the last whole record: the last line end, in CSV the last one outside quotes. Whether a line end is
// in quotes tells the number of quotes before it: an even one, and it is not.
class RecordEnds {
 public:
  explicit RecordEnds(const TextFormat& format) : quotes_(format.kind == TextFormat::Kind::kCsv) {}

  // `text` is all there is so far, from the start of a record; its first `seen` bytes were there before.
  void extend(std::string_view text, std::size_t seen) {
    const std::string_view added = text.substr(seen);
    const bool quoted = quotes_ && (quoted_ != odd_number_of('"', added));
    bool in_quotes = quoted;  // at `end`
    for (std::size_t end = added.size(); end > 0;) {
      const std::size_t line_end = added.substr(0, end).rfind('\n');
      if (line_end == std::string_view::npos) break;
      if (quotes_) in_quotes = in_quotes != odd_number_of('"', added.substr(line_end, end - line_end));
      if (!in_quotes) {
        last_ = seen + line_end + 1;
        break;
      }
      end = line_end;
    }
    quoted_ = quoted;
  }

  // Behind the last whole record; 0 if there is none.
  std::size_t last() const { return last_; }

 private:
  bool quotes_;
  bool quoted_ = false;  // at the end of the text so far
  std::size_t last_ = 0;
};

}  // namespace shardflow
