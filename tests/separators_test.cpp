#include "pipeline/input/separators.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <random>
#include <string>
#include <vector>

#include "pipeline/input/quoted_separators.hpp"

namespace separators_test {

using namespace shardflow;

namespace {

struct Quoted {
  std::vector<std::uint32_t> positions;
  bool well_quoted = true;
  bool doubled = false;
  bool line_ends = false;
  bool operator==(const Quoted&) const = default;
};

// By a loop over text[begin, end).
Quoted quoted(const std::string& text, std::uint32_t begin, std::uint32_t end) {
  enum class Behind { kSeparator, kField, kQuote, kQuoteAndReturn };
  Quoted found;
  Behind behind = Behind::kSeparator;
  bool inside = false;
  for (std::uint32_t i = begin; i < end; ++i) {
    const char byte = text[i];
    if (inside) {
      found.line_ends |= byte == '\n';
      if (byte == '"') behind = Behind::kQuote;
      inside = byte != '"';
      continue;
    }
    if (behind == Behind::kQuoteAndReturn) found.well_quoted &= byte == '\n';
    if (byte == '"') {
      found.well_quoted &= behind == Behind::kSeparator || behind == Behind::kQuote;
      found.doubled |= behind == Behind::kQuote;
      inside = true;
    } else if (byte == ',' || byte == '\n') {
      found.positions.push_back(i);
      behind = Behind::kSeparator;
    } else if (behind == Behind::kQuote && byte == '\r') {
      behind = Behind::kQuoteAndReturn;
    } else {
      found.well_quoted &= behind != Behind::kQuote;
      behind = Behind::kField;
    }
  }
  return found;
}

// Fields as they should be, quoted or not, but for one in `flawed_one_in`.
std::string csv_text(std::mt19937& random, std::size_t least_bytes, unsigned flawed_one_in) {
  const std::vector<std::string> parts{"x", "\r", "\"\"", ",", "\n", "xxxxxxxxxxxxxxxx"};
  std::string text;
  while (text.size() < least_bytes) {
    const bool in_quotes = random() % 2 == 0;
    if (in_quotes) text += '"';
    for (auto count = random() % 5; count > 0; --count) text += parts[in_quotes ? random() % parts.size() : 0];
    if (in_quotes) text += '"';
    if (random() % flawed_one_in == 0) text += random() % 2 == 0 ? "\"" : "x\"";
    text += random() % 3 != 0 ? "," : random() % 2 == 0 ? "\n" : "\r\n";
  }
  return text;
}

}  // namespace

TEST_CASE("every way finds the positions that a plain loop finds, for any density of separators") {
  std::mt19937 random(3);
  for (const unsigned one_in : {1u, 2u, 8u, 64u, 1000u}) {
    for (int repeat = 0; repeat < 50; ++repeat) {
      std::string text(300 + kScanBytes, 'x');
      for (char& c : text) {
        if (random() % one_in == 0) c = random() % 2 == 0 ? '\t' : '\n';
      }
      const auto begin = static_cast<std::uint32_t>(random() % 100);
      const auto end = begin + static_cast<std::uint32_t>(random() % 200);
      std::vector<std::uint32_t> expected;
      for (std::uint32_t i = begin; i < end; ++i) {
        if (text[i] == '\t' || text[i] == '\n') expected.push_back(i);
      }
      for (const SeparatorScan& scan : separator_scans()) {
        if (!scan.supported) continue;
        CAPTURE(scan.name);
        std::vector<std::uint32_t> found(end - begin + kScanBytes + kScanSlack);
        const auto* const last = scan.positions(text.data(), begin, end, '\t', '\n', found.data());
        found.resize(static_cast<std::size_t>(last - found.data()));
        CHECK(found == expected);
      }
    }
  }
  CHECK(separator_scans().back().supported);
}

TEST_CASE(
    "every way finds the separators outside quotes that a plain loop finds, and whether those are in their places") {
  std::mt19937 random(7);
  int well_quoted = 0;
  for (int repeat = 0; repeat < 3000; ++repeat) {
    std::string text = csv_text(random, random() % 400, repeat % 2 == 0 ? 1'000'000 : 20);
    if (repeat % 10 == 0) {
      for (char& c : text) c = "\",\r\nx"[random() % 5];
    }
    const auto end = static_cast<std::uint32_t>(random() % (text.size() + 1));
    const auto begin = static_cast<std::uint32_t>(random() % (end / 4 + 1));
    text.append(kScanBytes, '"');
    const Quoted expected = quoted(text, begin, end);
    if (expected.well_quoted && expected.positions.size() > 10) ++well_quoted;
    for (const QuotedScan& scan : quoted_scans()) {
      if (!scan.supported) continue;
      CAPTURE(scan.name);
      CAPTURE(text.substr(begin, end - begin));
      std::vector<std::uint32_t> room(end - begin + kScanBytes + kScanSlack);
      const QuotedSeparators found = scan.find(text.data(), begin, end, ',', room.data());
      room.resize(static_cast<std::size_t>(found.end - room.data()));
      CHECK(Quoted{room, found.well_quoted, found.doubled, found.line_ends} == expected);
    }
  }
  CHECK(well_quoted > 300);
  CHECK(quoted_scans().back().supported);
}

TEST_CASE("an odd number of a byte is what counting them says, for texts of every length") {
  std::mt19937 random(5);
  for (std::size_t bytes = 0; bytes < 300; ++bytes) {
    std::string text(bytes, 'x');
    for (char& c : text) {
      if (random() % 3 == 0) c = '"';
    }
    CHECK(odd_number_of('"', text) == (std::ranges::count(text, '"') % 2 == 1));
  }
}

}  // namespace separators_test
