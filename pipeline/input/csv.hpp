// Comma-separated records, RFC 4180: fields may be in quotes, and then hold delimiters, line ends and doubled quotes.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>
#include <utility>

#include "pipeline/input/fields.hpp"
#include "pipeline/input/separators.hpp"
#include "pipeline/input/text_format.hpp"
#include "pipeline/input/tsv.hpp"

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
        emit_(emit) {
    begin_window();
  }

  Parsed run() {
    // Most texts have no quotes at all: then every line end ends a record.
    if (std::memchr(text_, '"', size_) == nullptr) {
      run_plain();
    } else {
      run_quoted();
    }
    return std::move(parsed_);
  }

 private:
  // As in TSV: positions stay in the first-level cache.
  static constexpr std::uint32_t kStrideBytes = tsv::kStrideBytes;

  void run_plain() {
    for (std::uint32_t begin = 0; begin < size_; begin += kStrideBytes) {
      if (!stride(begin, std::min(size_, begin + kStrideBytes))) return;
    }
    if (record_ == size_) return;
    take_field({field_, size_ - field_});
    finish(size_, size_);
  }

  bool stride(std::uint32_t begin, std::uint32_t end) {
    const std::uint32_t* const out = find_separators(text_, begin, end, format_.delimiter, '\n', positions_.data());
    for (const std::uint32_t* at = positions_.data(); at != out; ++at) {
      // The usual record: key, delimiter, value, line end.
      if (key_then_value_ && column_ == 0 && out - at >= 2 && text_[at[0]] != '\n' && text_[at[1]] == '\n') [[likely]] {
        if (!two_fields(at[0], at[1])) return false;
        ++at;
        continue;
      }
      if (text_[*at] != '\n') {
        take_field({field_, *at - field_});
        next_field(*at + 1);
        continue;
      }
      const std::uint32_t line_end = *at - static_cast<std::uint32_t>(*at > field_ && text_[*at - 1] == '\r');
      take_field({field_, line_end - field_});
      if (!finish(line_end, *at + 1)) return false;
    }
    return true;
  }

  bool two_fields(std::uint32_t delimiter, std::uint32_t line_feed) {
    const std::uint32_t value = delimiter + 1;
    const std::uint32_t end = line_feed - static_cast<std::uint32_t>(line_feed > value && text_[line_feed - 1] == '\r');
    if (delimiter == record_ || end - record_ > rules_.max_record_bytes) [[unlikely]] {
      return refuse_until(end - record_ > rules_.max_record_bytes ? Flaw::kTooLong : Flaw::kEmptyKey, end,
                          line_feed + 1);
    }
    emit_(Fields{record_, delimiter - record_, value, end - value});
    ++parsed_.lines;
    record_ = field_ = line_feed + 1;
    return true;
  }

  void run_quoted() {
    while (record_ != size_) {
      const bool quoted = field_ < window_ && text_[field_] == '"';
      const std::uint32_t end = quoted ? quoted_field() : plain_field();
      if (end == kSkipped) continue;
      if (end == kStop) return;
      if (end != size_ && text_[end] == format_.delimiter) {
        next_field(end + 1);
        continue;
      }
      std::uint32_t next = end;
      if (next != size_ && text_[next] == '\r') ++next;
      if (next != size_) ++next;  // the LF
      if (!finish(end, next)) return;
    }
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

  // Takes one of each two quotes out of a field, in its place.
  void undouble(Field& field) {
    if (!field.doubled) return;
    const char* const end = text_ + field.offset + field.bytes;
    char* to = text_ + field.offset;
    for (const char* from = to; from != end; ++from) {
      *to++ = *from;
      if (*from == '"') ++from;
    }
    field.bytes = static_cast<std::uint32_t>(to - text_) - field.offset;
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
    const std::uint32_t last =
        std::max(format_.key_column, format_.value_is_rest ? format_.key_column + 1 : format_.value_column);
    if (end - record_ > rules_.max_record_bytes) return refuse_until(Flaw::kTooLong, end, next);
    if (column_ < last) return refuse_until(Flaw::kTooFewFields, end, next);
    if (key_.bytes == 0) return refuse_until(Flaw::kEmptyKey, end, next);
    emit_record(end);
    begin_record(next, 1 + quoted_line_ends_);
    return true;
  }

  void emit_record(std::uint32_t end) {
    undouble(key_);
    if (format_.value_is_rest) {
      value_ = {rest_, end - rest_};
    } else if (format_.value_column == format_.key_column) {
      value_ = key_;
    } else {
      undouble(value_);
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
  std::array<std::uint32_t, kStrideBytes + kScanSlack> positions_;
};

}  // namespace csv

// As parse_tsv, and takes doubled quotes out of fields in their place: `text` must be the caller's own.
template <class Emit>
Parsed parse_csv(char* text, std::size_t bytes, const TextFormat& format, const RecordRules& rules, Emit&& emit) {
  return csv::Parser<Emit>(text, bytes, format, rules, emit).run();
}

}  // namespace shardflow
