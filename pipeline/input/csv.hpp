// Comma-separated records, RFC 4180: fields may be in quotes, and then hold delimiters, line ends and doubled quotes.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>
#include <optional>
#include <string_view>

#include "pipeline/input/separators.hpp"
#include "pipeline/input/text_format.hpp"
#include "pipeline/input/tsv.hpp"

namespace shardflow {
namespace csv {

// A field as it lies in the text, without its quotes.
struct Field {
  std::uint32_t offset = 0;
  std::uint32_t bytes = 0;
};

// Splits a text into records and hands the fields asked for to `emit(Fields)`.
template <class Emit>
class Parser {
 public:
  Parser(char* text, std::size_t bytes, const TextFormat& format, std::uint32_t max_record_bytes, Emit& emit)
      : text_(text),
        size_(static_cast<std::uint32_t>(bytes)),
        format_(format),
        max_record_bytes_(max_record_bytes),
        emit_(emit) {}

  std::optional<BadLine> run() {
    // Most texts have no quotes at all: then every line end ends a record.
    const bool good = std::memchr(text_, '"', size_) == nullptr ? run_plain() : run_quoted();
    return good ? std::nullopt : bad_;
  }

 private:
  // As in TSV: positions stay in the first-level cache.
  static constexpr std::uint32_t kStrideBytes = tsv::kStrideBytes;

  bool run_plain() {
    for (std::uint32_t begin = 0; begin < size_; begin += kStrideBytes) {
      if (!stride(begin, std::min(size_, begin + kStrideBytes))) return false;
    }
    return record_ == size_ || (take_field(field_, size_), finish(size_, size_));
  }

  bool stride(std::uint32_t begin, std::uint32_t end) {
    std::uint32_t* out = positions_.data();
    for (std::uint32_t at = begin; at < end; at += kScanBytes) {
      out = write_positions(text_, at, format_.delimiter, '\n', out);
    }
    while (out != positions_.data() && out[-1] >= end) --out;  // behind the text's end
    for (const std::uint32_t* at = positions_.data(); at != out; ++at) {
      if (text_[*at] != '\n') {
        take_field(field_, *at);
        next_field(*at + 1);
        continue;
      }
      const std::uint32_t line_end = *at - static_cast<std::uint32_t>(*at > field_ && text_[*at - 1] == '\r');
      take_field(field_, line_end);
      if (!finish(line_end, *at + 1)) return false;
    }
    return true;
  }

  bool run_quoted() {
    while (record_ != size_) {
      const bool quoted = field_ != size_ && text_[field_] == '"';
      const std::uint32_t end = quoted ? quoted_field() : plain_field();
      if (end == kBad) return false;
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

  // The unquoted field from field_ on; returns where it ends: at a delimiter, a line end, or the text's end.
  std::uint32_t plain_field() {
    std::uint32_t end = field_;
    while (end != size_ && text_[end] != format_.delimiter && text_[end] != '\n') {
      if (text_[end] == '"') return refuse(Flaw::kQuote);
      ++end;
    }
    const bool at_line_end = end == size_ || text_[end] == '\n';
    if (at_line_end && end != size_ && end > field_ && text_[end - 1] == '\r') --end;
    take_field(field_, end);
    return end;
  }

  // The quoted field from field_ on; returns what is behind its closing quote.
  std::uint32_t quoted_field() {
    const std::uint32_t begin = field_ + 1;
    std::uint32_t doubled = 0;
    std::uint32_t at = begin;
    for (;; ++at) {
      const auto* const quote = static_cast<const char*>(std::memchr(text_ + at, '"', size_ - at));
      if (quote == nullptr) return refuse(Flaw::kUnclosedQuote);
      at = static_cast<std::uint32_t>(quote - text_);
      if (at + 1 == size_ || text_[at + 1] != '"') break;
      ++at;
      ++doubled;
    }
    const std::uint32_t next = at + 1;
    const bool ends = next == size_ || text_[next] == format_.delimiter || text_[next] == '\n' ||
                      (text_[next] == '\r' && next + 1 != size_ && text_[next + 1] == '\n');
    if (!ends) return refuse(Flaw::kQuote);
    lines_in_record_ += static_cast<std::uint64_t>(std::count(text_ + begin, text_ + at, '\n'));
    const bool used = column_ == format_.key_column || (!format_.value_is_rest && column_ == format_.value_column);
    take_field(begin, doubled > 0 && used ? undouble(begin, at) : at);
    return next;
  }

  // Takes one of each two quotes out of text_[begin, end), in its place, and returns the new end. What is left over is
  // filled with quotes: the text keeps its number of lines.
  std::uint32_t undouble(std::uint32_t begin, std::uint32_t end) {
    char* to = text_ + begin;
    for (const char* from = to; from != text_ + end; ++from) {
      *to++ = *from;
      if (*from == '"') ++from;
    }
    std::fill(to, text_ + end, '"');
    return static_cast<std::uint32_t>(to - text_);
  }

  // The field of the present column is text_[begin, end).
  void take_field(std::uint32_t begin, std::uint32_t end) {
    if (column_ == format_.key_column) key_ = {begin, end - begin};
    if (column_ == format_.value_column) value_ = {begin, end - begin};
    // With the quote, where the field has one.
    if (column_ == format_.key_column + 1) rest_ = field_;
  }

  void next_field(std::uint32_t begin) {
    ++column_;
    field_ = begin;
  }

  // The record ends at `end`, the next one begins at `next`. False: it was bad.
  bool finish(std::uint32_t end, std::uint32_t next) {
    const std::uint32_t last =
        std::max(format_.key_column, format_.value_is_rest ? format_.key_column + 1 : format_.value_column);
    if (end - record_ > max_record_bytes_) return refuse(Flaw::kTooLong) != kBad;
    if (column_ < last) return refuse(Flaw::kTooFewFields) != kBad;
    if (key_.bytes == 0) return refuse(Flaw::kEmptyKey) != kBad;
    if (format_.value_is_rest) value_ = {rest_, end - rest_};
    emit_(Fields{key_.offset, key_.bytes, value_.offset, value_.bytes});
    lines_ += 1 + lines_in_record_;
    lines_in_record_ = 0;
    column_ = 0;
    record_ = field_ = next;
    return true;
  }

  static constexpr std::uint32_t kBad = UINT32_MAX;

  std::uint32_t refuse(Flaw flaw) {
    const auto* const line_end = static_cast<const char*>(std::memchr(text_ + record_, '\n', size_ - record_));
    const std::uint32_t end = line_end == nullptr ? size_ : static_cast<std::uint32_t>(line_end - text_);
    bad_ = BadLine{flaw, record_, end - record_, lines_};
    return kBad;
  }

  char* text_;
  std::uint32_t size_;
  const TextFormat& format_;
  std::uint32_t max_record_bytes_;
  Emit& emit_;
  std::uint32_t record_ = 0;  // start of the record at hand
  std::uint32_t field_ = 0;   // and of its field at hand
  std::uint32_t column_ = 0;
  Field key_;
  Field value_;
  std::uint32_t rest_ = 0;  // where the column behind the key's starts
  std::uint64_t lines_ = 0;
  std::uint64_t lines_in_record_ = 0;  // line ends in quotes
  std::optional<BadLine> bad_;
  std::array<std::uint32_t, kStrideBytes + 8> positions_;
};

}  // namespace csv

// As parse_tsv, and takes doubled quotes out of fields in their place: `text` must be the caller's own.
template <class Emit>
std::optional<BadLine> parse_csv(char* text, std::size_t bytes, const TextFormat& format,
                                 std::uint32_t max_record_bytes, Emit&& emit) {
  return csv::Parser<Emit>(text, bytes, format, max_record_bytes, emit).run();
}

}  // namespace shardflow
