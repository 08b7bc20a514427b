// Comma-separated records, RFC 4180: fields may be in quotes, and then hold delimiters, line ends and doubled quotes.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>
#include <optional>
#include <utility>

#include "pipeline/input/fields.hpp"
#include "pipeline/input/quoted_separators.hpp"
#include "pipeline/input/separators.hpp"
#include "pipeline/input/take_plain_lines.hpp"
#include "pipeline/input/text_format.hpp"

namespace shardflow {
namespace csv {

// A field as it lies in the text, without its quotes.
struct Field {
  std::uint32_t offset = 0;
  std::uint32_t bytes = 0;
  bool doubled = false;  // has quotes that are doubled
};

// Splits a text into records and hands the fields asked for to `emit(Fields)`.
template <class Emit>
class Parser {
 public:
  Parser(char* text, std::size_t bytes, const TextFormat& format, const RecordRules& rules, Emit& emit)
      : text_(text),
        size_(static_cast<std::uint32_t>(bytes)),
        format_(format),
        rules_(rules),
        key_then_value_(format.key_column == 0 && (format.value_is_rest || format.value_column == 1)),
        emit_(emit) {}

  Parsed run() {
    // Most texts have no quotes at all: then every line end ends a record.
    if (std::memchr(text_, '"', size_) == nullptr) {
      run_strides<false>();
    } else {
      run_strides<true>();
    }
    return std::move(parsed_);
  }

 private:
  // As in TSV: positions stay in the first-level cache.
  static constexpr std::uint32_t kStrideBytes = LinePositions::kStrideBytes;

  // Records that are good and end in the same stride are taken from one separator to the next; what else there is, is
  // looked at field by field.
  template <bool kQuotes>
  void run_strides() {
    const bool may_be_plain = key_then_value_ && !(kQuotes && format_.value_is_rest);
    PlainLineTries tries;
    while (record_ != size_) {
      if (may_be_plain && tries.go_on()) {
        const std::uint32_t first = record_;
        record_ = field_ = take_plain_lines<kQuotes>({text_, size_}, record_, format_.delimiter, rules_, lines_,
                                                     parsed_.lines, emit_, NoReading());
        if (record_ == size_) break;
        tries.learn(record_ - first);
      }
      const std::uint32_t begin = record_;
      const std::uint32_t end = std::min(size_, begin + kStrideBytes);
      if constexpr (kQuotes) {
        found_ = find_quoted_separators(text_, begin, end, format_.delimiter, positions_.data());
      } else {
        found_.end = find_separators(text_, begin, end, format_.delimiter, '\n', positions_.data());
      }
      const bool all_good = found_.well_quoted && take_records<kQuotes>();
      column_ = 0;  // of a record that does not end in this stride, or was not taken
      field_ = record_;
      if (all_good && record_ != begin) continue;
      if (!take_one_by_one(found_.well_quoted ? record_ + 1 : end)) return;
    }
  }

  // False: one is bad, or may be. It is the next one.
  template <bool kQuotes>
  bool take_records() {
    for (const std::uint32_t* at = take_pairs<kQuotes>(positions_.data()); at != found_.end; ++at) {
      // The usual record: key, delimiter, value, line end.
      if (key_then_value_ && column_ == 0 && found_.end - at >= 2 && text_[at[0]] != '\n' && text_[at[1]] == '\n')
          [[likely]] {
        if (!take_two_fields<kQuotes>(at[0], at[1])) return false;
        ++at;
        continue;
      }
      const bool is_last = text_[*at] == '\n';
      const std::uint32_t end = is_last ? line_end(*at, field_) : *at;
      take_field(field_between<kQuotes>(field_, end));
      if (!is_last) {
        next_field(*at + 1);
        continue;
      }
      if (flaw_of(end)) return false;
      const std::uint64_t lines = lines_before<kQuotes>(*at + 1);
      emit_record(end);
      begin_record(*at + 1, lines);
    }
    return true;
  }

  // Of records that are a key and a value, with no quote or line end in them, as many as there are from `at` on;
  // returns the separator behind them. With all that it needs in registers: a third of the instructions of what
  // follows.
  template <bool kQuotes>
  const std::uint32_t* take_pairs(const std::uint32_t* at) {
    if (!key_then_value_ || (kQuotes && (format_.value_is_rest || found_.doubled || found_.line_ends))) return at;
    const char* const text = text_;
    const std::uint32_t* const end = found_.end;
    const std::uint32_t most = rules_.max_record_bytes;
    const auto quote_at = [text](std::uint32_t place) {
      return static_cast<std::uint32_t>(kQuotes && text[place] == '"');
    };
    const std::uint32_t* const first = at;
    std::uint32_t record = record_;
    for (; end - at >= 2 && text[at[0]] != '\n' && text[at[1]] == '\n'; at += 2) {
      const std::uint32_t delimiter = at[0];
      const std::uint32_t line = at[1] - static_cast<std::uint32_t>(text[at[1] - 1] == '\r');
      const std::uint32_t key_quote = quote_at(record);
      const std::uint32_t value_quote = quote_at(delimiter + 1);
      const std::uint32_t key_bytes = delimiter - record - 2 * key_quote;
      if (key_bytes == 0 || line - record > most) [[unlikely]]
        break;
      emit_(Fields{record + key_quote, key_bytes, delimiter + 1 + value_quote, line - delimiter - 1 - 2 * value_quote});
      record = at[1] + 1;
    }
    parsed_.lines += static_cast<std::uint64_t>(at - first) / 2;
    record_ = field_ = record;
    return at;
  }

  template <bool kQuotes>
  bool take_two_fields(std::uint32_t delimiter, std::uint32_t line_feed) {
    const std::uint32_t end = line_end(line_feed, delimiter + 1);
    const Field key = field_between<kQuotes>(record_, delimiter);
    if (key.bytes == 0 || end - record_ > rules_.max_record_bytes) [[unlikely]]
      return false;
    parsed_.lines += lines_before<kQuotes>(line_feed + 1);
    const std::uint32_t key_bytes = undoubled<kQuotes>(key);
    if (kQuotes && !format_.value_is_rest) {
      const Field value = field_between<true>(delimiter + 1, end);
      emit_(Fields{key.offset, key_bytes, value.offset, undoubled<true>(value)});
    } else {
      emit_(Fields{key.offset, key_bytes, delimiter + 1, end - delimiter - 1});
    }
    record_ = field_ = line_feed + 1;
    return true;
  }

  // Where what ends with this LF, and does not begin before `begin`, ends: there, or at the CR before.
  std::uint32_t line_end(std::uint32_t line_feed, std::uint32_t begin) const {
    return line_feed - static_cast<std::uint32_t>(line_feed > begin && text_[line_feed - 1] == '\r');
  }

  // In a text that is well quoted.
  template <bool kQuotes>
  Field field_between(std::uint32_t begin, std::uint32_t end) const {
    if (!kQuotes || begin == end || text_[begin] != '"') return {begin, end - begin};
    const Field field{begin + 1, end - begin - 2};
    const bool doubled = found_.doubled && std::memchr(text_ + field.offset, '"', field.bytes) != nullptr;
    return {field.offset, field.bytes, doubled};
  }

  // From the record at hand on. Before its fields are rewritten: that leaves line ends twice.
  template <bool kQuotes>
  std::uint64_t lines_before(std::uint32_t end) const {
    if (!kQuotes || !found_.line_ends) return 1;
    return static_cast<std::uint64_t>(std::count(text_ + record_, text_ + end, '\n'));
  }

  // At least up to `until`. False: a record was bad, and that is the end.
  bool take_one_by_one(std::uint32_t until) {
    begin_window();
    while (record_ < until) {
      const bool quoted = field_ < window_ && text_[field_] == '"';
      const std::uint32_t end = quoted ? quoted_field() : plain_field();
      if (end == kSkipped) continue;
      if (end == kStop) return false;
      if (end != size_ && text_[end] == format_.delimiter) {
        next_field(end + 1);
        continue;
      }
      std::uint32_t next = end;
      if (next != size_ && text_[next] == '\r') ++next;
      if (next != size_) ++next;  // the LF
      if (!finish(end, next)) return false;
    }
    return true;
  }

  // The unquoted field from field_ on; returns where it ends: at a delimiter, a line end, or the text's end. Or else
  // kSkipped or kStop.
  std::uint32_t plain_field() {
    std::uint32_t end = field_;
    while (end != window_ && text_[end] != format_.delimiter && text_[end] != '\n') {
      if (text_[end] == '"') return refuse(Flaw::kQuote, end);
      ++end;
    }
    if (end == window_ && window_ != size_) return refuse(Flaw::kTooLong, end);
    const bool at_line_end = end == size_ || text_[end] == '\n';
    if (at_line_end && end != size_ && end > field_ && text_[end - 1] == '\r') --end;
    take_field({field_, end - field_});
    return end;
  }

  // The quoted field from field_ on; returns what is behind its closing quote, or else kSkipped or kStop.
  std::uint32_t quoted_field() {
    const std::uint32_t begin = field_ + 1;
    bool doubled = false;
    std::uint32_t at = begin;
    for (;; ++at) {
      const auto* const quote = static_cast<const char*>(std::memchr(text_ + at, '"', window_ - at));
      if (quote == nullptr) return refuse(Flaw::kUnclosedQuote, begin);
      at = static_cast<std::uint32_t>(quote - text_);
      // The last byte that is looked at: what follows it may double it.
      if (at + 1 == window_ && window_is_full_) return refuse(Flaw::kUnclosedQuote, begin);
      if (at + 1 == size_ || text_[at + 1] != '"') break;
      ++at;
      doubled = true;
    }
    const std::uint32_t next = at + 1;
    if (next - record_ > rules_.max_record_bytes) return refuse(Flaw::kTooLong, next);
    const bool ends = next == size_ || text_[next] == format_.delimiter || text_[next] == '\n' ||
                      (text_[next] == '\r' && next + 1 != size_ && text_[next + 1] == '\n');
    if (!ends) return refuse(Flaw::kQuote, next);
    quoted_line_ends_ += static_cast<std::uint64_t>(std::count(text_ + begin, text_ + at, '\n'));
    take_field({begin, at - begin, doubled});
    return next;
  }

  // Takes one of each two quotes out of a field, in its place. Its bytes are left, by value: a Field that is changed is
  // kept in memory, and the processor waits where it is read in one piece after it was written in two.
  template <bool kQuotes>
  std::uint32_t undoubled(const Field& field) {
    return kQuotes && field.doubled ? undouble(field) : field.bytes;
  }
  [[gnu::noinline]] std::uint32_t undouble(const Field& field) {
    const char* const end = text_ + field.offset + field.bytes;
    char* to = text_ + field.offset;
    for (const char* from = to; from != end; ++from) {
      *to++ = *from;
      if (*from == '"') ++from;
    }
    return static_cast<std::uint32_t>(to - text_) - field.offset;
  }

  // The present column's.
  void take_field(const Field& field) {
    if (column_ == format_.key_column) key_ = field;
    if (column_ == format_.value_column) value_ = field;
    // With the quote, where the field has one.
    if (column_ == format_.key_column + 1) rest_ = field_;
  }

  void next_field(std::uint32_t begin) {
    ++column_;
    field_ = begin;
  }

  // The record ends at `end`, the next one begins at `next`. False: it was bad, and that is the end.
  bool finish(std::uint32_t end, std::uint32_t next) {
    if (const auto flaw = flaw_of(end)) return refuse_until(*flaw, end, next);
    emit_record(end);
    begin_record(next, 1 + quoted_line_ends_);
    return true;
  }

  // Of the record at hand, which ends at `end`.
  std::optional<Flaw> flaw_of(std::uint32_t end) const {
    const std::uint32_t last =
        std::max(format_.key_column, format_.value_is_rest ? format_.key_column + 1 : format_.value_column);
    if (end - record_ > rules_.max_record_bytes) return Flaw::kTooLong;
    if (column_ < last) return Flaw::kTooFewFields;
    if (key_.bytes == 0) return Flaw::kEmptyKey;
    return std::nullopt;
  }

  void emit_record(std::uint32_t end) {
    key_.bytes = undoubled<true>(key_);
    if (format_.value_is_rest) {
      value_ = {rest_, end - rest_};
    } else if (format_.value_column == format_.key_column) {
      value_ = key_;
    } else {
      value_.bytes = undoubled<true>(value_);
    }
    emit_(Fields{key_.offset, key_.bytes, value_.offset, value_.bytes});
  }

  // At `at`, that is `lines` further.
  void begin_record(std::uint32_t at, std::uint64_t lines) {
    parsed_.lines += lines;
    quoted_line_ends_ = 0;
    column_ = 0;
    record_ = field_ = at;
    begin_window();
  }

  // What is behind the window must make no difference: whether it is in the block is a matter of the block's size.
  void begin_window() {
    const std::uint64_t end = record_ + rules_.window_bytes();
    window_is_full_ = end <= size_;
    window_ = window_is_full_ ? static_cast<std::uint32_t>(end) : size_;
  }

  // What finds a quote where it may not be: the record is bad up to the line end behind `at`.
  static constexpr std::uint32_t kSkipped = UINT32_MAX;
  static constexpr std::uint32_t kStop = UINT32_MAX - 1;
  std::uint32_t refuse(Flaw flaw, std::uint32_t at) {
    const auto* const line_end = static_cast<const char*>(std::memchr(text_ + at, '\n', size_ - at));
    const std::uint32_t end = line_end == nullptr ? size_ : static_cast<std::uint32_t>(line_end - text_);
    return refuse_until(flaw, end, std::min(end + 1, size_)) ? kSkipped : kStop;
  }

  // The record at hand is none, and ends at `end`; the next one begins at `next`. False: that is the end.
  bool refuse_until(Flaw flaw, std::uint32_t end, std::uint32_t next) {
    parsed_.bad.push_back({flaw, record_, end - record_, parsed_.lines});
    if (!rules_.skip_bad) return false;
    begin_record(next, 1 + static_cast<std::uint64_t>(std::count(text_ + record_, text_ + end, '\n')));
    return true;
  }

  char* text_;
  std::uint32_t size_;
  const TextFormat& format_;
  const RecordRules rules_;
  const bool key_then_value_;
  Emit& emit_;
  std::uint32_t record_ = 0;  // start of the record at hand
  std::uint32_t field_ = 0;   // and of its field at hand
  std::uint32_t column_ = 0;
  std::uint32_t window_ = 0;  // end of what is looked at of the record at hand
  bool window_is_full_ = false;
  Field key_;
  Field value_;
  std::uint32_t rest_ = 0;              // where the column behind the key's starts
  std::uint64_t quoted_line_ends_ = 0;  // in the record at hand
  Parsed parsed_;
  QuotedSeparators found_;  // of the stride at hand
  std::array<std::uint32_t, kStrideBytes + kScanSlack> positions_;
  LinePositions lines_;
};

}  // namespace csv

// As parse_tsv, and takes doubled quotes out of fields in their place: `text` must be the caller's own.
template <class Emit>
Parsed parse_csv(char* text, std::size_t bytes, const TextFormat& format, const RecordRules& rules, Emit&& emit) {
  return csv::Parser<Emit>(text, bytes, format, rules, emit).run();
}

}  // namespace shardflow
