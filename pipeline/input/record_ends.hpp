// Where a text that grows can be cut.
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

#include "pipeline/input/csv_record_ends.hpp"
#include "pipeline/input/fields.hpp"
#include "pipeline/input/separators.hpp"
#include "pipeline/input/text_format.hpp"

namespace shardflow {

// Finds the end of the last whole record: the last line end, in CSV the last one outside quotes. Where the first bad
// record is the end of it all, the number of quotes before a line end tells whether it is within quotes: an even one,
// and it is not. That is vectors and no branch, and wrong only behind a bad record. Where bad records are skipped, it
// takes CsvRecordEnds.
class RecordEnds {
 public:
  // The first record starts at `begin`.
  RecordEnds(const TextFormat& format, const RecordRules& rules, std::size_t begin)
      : quotes_(format.kind == TextFormat::Kind::kCsv), last_(begin) {
    if (quotes_ && rules.skip_bad) exact_.emplace(format.delimiter, rules, begin);
  }

  // `text` is all there is so far; its first `seen` bytes were there before.
  void extend(std::string_view text, std::size_t seen) {
    if (exact_) {
      exact_->extend(text);
      last_ = exact_->last();
      return;
    }
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

  // Behind the last whole record; where the first one starts, if there is none.
  std::size_t last() const { return last_; }

 private:
  bool quotes_;
  bool quoted_ = false;  // at the end of the text so far
  std::size_t last_;
  std::optional<CsvRecordEnds> exact_;
};

}  // namespace shardflow
