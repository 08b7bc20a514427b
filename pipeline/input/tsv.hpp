// Tab-separated records: key, TAB, value, LF or CRLF. The value is the rest of the line, further TABs
// included. The last line needs no LF.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <utility>

#include "pipeline/input/fields.hpp"
#include "pipeline/input/plain_lines.hpp"
#include "pipeline/input/separators.hpp"
#include "pipeline/input/take_plain_lines.hpp"

namespace shardflow {

namespace tsv {

// Positions are found for this much text at a time, so that they stay in the first-level cache: at the worst (all
// separators) 16 KiB of them.
inline constexpr std::uint32_t kStrideBytes = LinePositions::kStrideBytes;

// Splits a text into records and hands each to `emit(Fields)`, or many to `emit(PlainLines)` where it takes them.
template <class Emit, class Read>
class Parser {
 public:
  Parser(std::string_view text, const RecordRules& rules, Emit& emit, const Read& read)
      : text_(text), rules_(rules), emit_(emit), read_(read) {}

  Parsed run() {
    const auto size = static_cast<std::uint32_t>(text_.size());
    PlainLineTries tries;
    for (std::uint32_t begin = 0; begin < size;) {
      if (line_ == begin && tries.go_on()) {
        const std::uint32_t first = begin;
        begin = line_ = take_plain_lines<false>(text_, line_, '\t', rules_, lines_, parsed_.lines, emit_, read_);
        if (begin == size) break;
        tries.learn(begin - first);
      }
      const std::uint32_t end = std::min(size, begin + kStrideBytes);
      if (!stride(begin, end)) return std::move(parsed_);
      if (line_ > begin && tries.go_on()) {
        // There may be plain lines again: back to where the first of them begins.
        begin = line_;
        tab_ = kNone;
      } else {
        begin = end;
      }
    }
    // A last line without an end: what is left has a TAB, or is no record.
    if (line_ != size) finish_line(size, size);
    return std::move(parsed_);
  }

 private:
  static constexpr std::uint32_t kNone = UINT32_MAX;

  // Takes the separators of text_[begin, end). A TAB that is still without its LF is kept in tab_.
  bool stride(std::uint32_t begin, std::uint32_t end) {
    read_(end);
    const std::uint32_t* const out = find_separators(text_.data(), begin, end, '\t', '\n', positions_.data());
    for (const std::uint32_t* at = positions_.data(); at != out; ++at) {
      if (text_[*at] == '\t') {
        if (tab_ == kNone) tab_ = *at;
      } else if (!finish_line(*at, *at + 1)) {
        return false;
      }
    }
    return true;
  }

  // The line [line_, end) is over, the next one starts at `next`. False: it was bad, and that is the end.
  bool finish_line(std::uint32_t end, std::uint32_t next) {
    const std::uint32_t key_bytes = tab_ - line_;
    if (tab_ == kNone || key_bytes == 0 || end - line_ > rules_.max_record_bytes) [[unlikely]] {
      if (refuses(end, next)) return rules_.skip_bad;
    }
    const std::uint32_t value = tab_ + 1;
    const std::uint32_t value_end =
        end - static_cast<std::uint32_t>(next != end && end > value && text_[end - 1] == '\r');
    emit_(Fields{line_, key_bytes, value, value_end - value});
    begin_line(next);
    return true;
  }

  void begin_line(std::uint32_t at) {
    ++parsed_.lines;
    line_ = at;
    tab_ = kNone;
  }

  // Of a line that seems bad. False: it is a record, and longer than the limit by the CR of its end alone, which is no
  // part of it. Not in line, and all at once: in the loop it costs 1 or 2 instructions a record.
  [[gnu::noinline]] bool refuses(std::uint32_t end, std::uint32_t next) {
    const std::uint32_t bytes = end - line_;
    const bool has_cr = next != end && bytes > 0 && text_[end - 1] == '\r';
    const bool too_long = bytes - static_cast<std::uint32_t>(has_cr) > rules_.max_record_bytes;
    if (!too_long && tab_ != kNone && tab_ != line_) return false;
    const Flaw flaw = too_long ? Flaw::kTooLong : tab_ == kNone ? Flaw::kNoTab : Flaw::kEmptyKey;
    parsed_.bad.push_back({flaw, line_, bytes, parsed_.lines});
    if (rules_.skip_bad) begin_line(next);
    return true;
  }

  std::string_view text_;
  const RecordRules rules_;
  Emit& emit_;
  const Read& read_;
  std::uint32_t line_ = 0;     // start of the line at hand
  std::uint32_t tab_ = kNone;  // its first TAB, once seen
  Parsed parsed_;
  std::array<std::uint32_t, kStrideBytes + kScanSlack> positions_;
  LinePositions lines_;
};

}  // namespace tsv

// Calls emit(Fields) for each record in turn, and returns what is none. Where the text is yet to be read, has read(end)
// see to it that text[0, end) is there, before it is looked at.
// REQUIRES: 64 readable bytes behind the text (Block gives them).
template <class Emit, class Read = NoReading>
Parsed parse_tsv(std::string_view text, const RecordRules& rules, Emit&& emit, const Read& read = {}) {
  return tsv::Parser<Emit, Read>(text, rules, emit, read).run();
}

}  // namespace shardflow
