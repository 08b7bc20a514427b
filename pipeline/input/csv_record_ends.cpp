#include "pipeline/input/csv_record_ends.hpp"

#include <algorithm>

namespace shardflow {

void CsvRecordEnds::extend(std::string_view text) {
  while (at_ < text.size() && step(text, Reach::kWholeText, false)) {
  }
}

std::size_t CsvRecordEnds::next(std::string_view text) {
  const std::size_t begin = record_;
  bad_quote_ = false;
  while (record_ == begin && at_ < text.size() && step(text, Reach::kOneRecord, true)) {
    bad_quote_ |= state_ == State::kBad;
  }
  bad_quote_ |= state_ != State::kPlain;
  if (record_ == begin) record_ = text.size();
  return record_;
}

bool CsvRecordEnds::step(std::string_view text, Reach reach, bool is_whole) {
  switch (state_) {
    case State::kPlain:
      return plain(text, reach);
    case State::kQuoted:
      return quoted(text, is_whole);
    default:
      return bad(text);
  }
}

// To the next quote, or the next record.
bool CsvRecordEnds::plain(std::string_view text, Reach reach) {
  const std::size_t quote = std::min(text.find('"', at_), text.size());
  const std::string_view before = text.substr(at_, quote - at_);
  const std::size_t line_end = reach == Reach::kOneRecord ? before.find('\n') : before.rfind('\n');
  if (line_end != std::string_view::npos) {
    record_ = at_ + line_end + 1;
    if (reach == Reach::kOneRecord) {
      at_ = record_;
      return true;
    }
  }
  at_ = quote;
  if (quote == text.size()) return false;
  const bool begins = quote == record_ || text[quote - 1] == delimiter_;
  state_ = begins && quote < window_end() ? State::kQuoted : State::kBad;
  open_ = ++at_;
  return true;
}

// To what is behind the closing quote.
bool CsvRecordEnds::quoted(std::string_view text, bool is_whole) {
  const std::string_view window = text.substr(0, window_end());
  const bool is_full = window.size() == window_end();
  for (;;) {
    const std::size_t quote = std::min(window.find('"', at_), window.size());
    // Where a quote is the last that there is, the next one may double it, or be too late.
    const std::size_t next = quote + 1;
    const bool is_last = next >= window.size();
    if (is_last && !is_full && !is_whole) {
      at_ = quote;
      return false;
    }
    if (quote == window.size() || (is_last && is_full)) {
      state_ = State::kBad;
      at_ = open_;
      return true;
    }
    if (is_last || window[next] != '"') return close(text, next, is_full || is_whole);
    at_ = next + 1;
  }
}

bool CsvRecordEnds::close(std::string_view text, std::size_t next, bool is_all) {
  const std::string_view rest = text.substr(next);
  if (rest == "\r" && !is_all) {
    at_ = next - 1;
    return false;
  }
  const bool ends = rest.empty() || rest[0] == delimiter_ || rest[0] == '\n' || rest.starts_with("\r\n");
  state_ = ends && next - record_ <= rules_.max_record_bytes ? State::kPlain : State::kBad;
  at_ = next;
  return true;
}

// To the line's end.
bool CsvRecordEnds::bad(std::string_view text) {
  const std::size_t line_end = text.find('\n', at_);
  if (line_end == std::string_view::npos) {
    at_ = text.size();
    return false;
  }
  record_ = at_ = line_end + 1;
  state_ = State::kPlain;
  return true;
}

}  // namespace shardflow
