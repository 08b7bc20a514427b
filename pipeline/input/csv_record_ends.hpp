// Where the records of a CSV text end, those that are none included.
#pragma once

#include <cstddef>
#include <string_view>

#include "pipeline/input/fields.hpp"

namespace shardflow {

// Goes the way of csv::Parser over a text that grows, from quote to quote: a quote opens a field at the field's start
// alone; where one stands elsewhere, or is not closed within the record's limit, the record ends with the line. So a
// text that is cut here is parsed to the same records, good and bad, as it is in one piece.
class CsvRecordEnds {
 public:
  // The first record starts at `begin`.
  CsvRecordEnds(char delimiter, const RecordRules& rules, std::size_t begin)
      : delimiter_(delimiter), rules_(rules), record_(begin), at_(begin) {}

  // `text` is all there is so far, what was there before included.
  void extend(std::string_view text);
  // The end of one record more, of a text that is whole: the text's where it is the last one.
  std::size_t next(std::string_view text);

  // Whether a quote was where it may not be in the record that next() went over.
  bool bad_quote() const { return bad_quote_; }

  // Behind the last whole record.
  std::size_t last() const { return record_; }

 private:
  enum class State { kPlain, kQuoted, kBad };
  enum class Reach { kOneRecord, kWholeText };

  // False: that needs more text.
  bool step(std::string_view text, Reach reach, bool is_whole);
  bool plain(std::string_view text, Reach reach);
  bool quoted(std::string_view text, bool is_whole);
  bool bad(std::string_view text);
  // Ends the field whose closing quote is before `next`.
  bool close(std::string_view text, std::size_t next, bool is_all);
  // What the parser looks at of the record at hand.
  std::size_t window_end() const { return record_ + rules_.window_bytes(); }

  char delimiter_;
  RecordRules rules_;
  State state_ = State::kPlain;
  bool bad_quote_ = false;
  std::size_t record_;    // start of the record at hand
  std::size_t at_;        // what is before it was looked at
  std::size_t open_ = 0;  // behind the quote that opened the field at hand
};

}  // namespace shardflow
