#include "pipeline/input/plain_lines.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <memory>
#include <random>
#include <set>
#include <string>
#include <tuple>
#include <vector>

#include "pipeline/input/csv.hpp"
#include "pipeline/input/tsv.hpp"

namespace plain_lines_test {

using namespace shardflow;

namespace {

struct Line {
  std::string key;
  std::string value;
  bool operator==(const Line&) const = default;
};

// By a plain loop: nothing unless all lines that end in text[begin, end) are plain.
std::vector<Line> plain_lines_of(const std::string& text, std::size_t begin, std::size_t end) {
  std::vector<Line> lines;
  for (std::size_t lf; (lf = text.find('\n', begin)) < end; begin = lf + 1) {
    std::string line = text.substr(begin, lf - begin);
    if (line.ends_with('\r')) line.pop_back();
    const std::size_t tab = line.find('\t');
    if (tab == 0 || tab == std::string::npos || line.find('\t', tab + 1) != std::string::npos) return {};
    lines.push_back({line.substr(0, tab), line.substr(tab + 1)});
  }
  return lines;
}

std::vector<Line> lines_of(const std::string& text, const PlainLines& found) {
  std::vector<Line> lines;
  found.for_each([&](const Fields& fields) {
    lines.push_back(
        {text.substr(fields.key_offset, fields.key_bytes), text.substr(fields.value_offset, fields.value_bytes)});
  });
  return lines;
}

// Lines of which one in `odd_one_in` is not plain, in some way. Keys have a byte at least, and values four, so that no
// 64 bytes have too many lines.
std::string random_text(std::mt19937& random, std::size_t least_bytes, unsigned odd_one_in) {
  std::string text;
  while (text.size() < least_bytes) {
    const bool odd = odd_one_in > 0 && random() % odd_one_in == 0;
    const unsigned kind = odd ? random() % 4 : 4;
    if (kind != 0) text.append(1 + random() % 30, 'k');
    if (kind != 1) text += '\t';
    text.append(4 + random() % 30, 'v');
    if (kind == 2) text += "\tmore";
    if (kind == 3) text += "\t";
    text += random() % 8 == 0 ? "\r\n" : "\n";
  }
  return text;
}

// Likewise in CSV, where all that is in text[begin, end) counts, of a line that does not end there, too.
std::vector<Line> quoted_lines_of(const std::string& text, std::size_t begin, std::size_t end) {
  std::vector<Line> lines;
  std::vector<std::string> fields;
  std::set<bool> key_quotes;
  std::set<bool> value_quotes;
  for (std::size_t at = begin; at < end; ++at) {
    std::string& field = fields.emplace_back();
    const bool in_quotes = text[at] == '"';
    (fields.size() == 1 ? key_quotes : value_quotes).insert(in_quotes);
    if (in_quotes) {
      while (++at < end && text[at] != '"') field += text[at];
      if (field.find('\n') != std::string::npos) return {};
      ++at;
      if (at < end && text[at] == '\r') {
        ++at;
        if (at < end && text[at] != '\n') return {};
      }
      if (at < end && text[at] != ',' && text[at] != '\n') return {};
    } else {
      for (; at < end && text[at] != ',' && text[at] != '\n'; ++at) field += text[at];
      if (field.find('"') != std::string::npos) return {};
      if (at < end && text[at] == '\n' && field.ends_with('\r')) field.pop_back();
    }
    if (at >= end || text[at] == ',') continue;
    if (fields.size() != 2 || fields[0].empty()) return {};
    lines.push_back({fields[0], fields[1]});
    fields.clear();
  }
  if (key_quotes.size() > 1 || value_quotes.size() > 1) return {};
  return lines;
}

// Lines whose keys and values are in quotes, or not, but for one in `odd_one_in`, which is odd in some way.
std::string random_quoted_text(std::mt19937& random, std::size_t least_bytes, unsigned odd_one_in) {
  const bool quoted_keys = random() % 2 == 0;
  const bool quoted_values = random() % 2 == 0;
  const auto field = [&](bool quoted, std::size_t least) {
    std::string bytes(least + random() % 20, 'x');
    if (quoted && random() % 4 == 0) bytes[random() % bytes.size()] = random() % 2 == 0 ? ',' : '\r';
    return quoted ? '"' + bytes + '"' : bytes;
  };
  std::string text;
  while (text.size() < least_bytes) {
    const bool odd = odd_one_in > 0 && random() % odd_one_in == 0;
    const unsigned kind = odd ? static_cast<unsigned>(random() % 11) : 11;
    if (kind == 0) {
      text += quoted_keys ? "\"\"" : "";
    } else {
      text += field(quoted_keys != (kind == 1), 1);
    }
    if (kind != 2) text += ',';
    text += field(quoted_values != (kind == 3), 4);
    if (kind == 4) text += ",more";
    if (kind == 5) text.insert(text.size() - 1, "\"");
    if (kind == 6) text.insert(text.size() - 1, "\"\"");
    if (kind == 7) text.insert(text.size() - 1, "\n");
    if (kind == 8) text += "\rx";
    if (kind == 9) text += '"';
    if (kind == 10) text += 'x';
    text += random() % 8 == 0 ? "\r\n" : "\n";
  }
  return text;
}

std::string padded(const std::string& text) { return text + std::string(kScanBytes, '\n'); }

void check_every_way(decltype(&PlainLinesWay::find) find, const std::string& text, std::size_t begin, std::size_t end,
                     char separator, const std::vector<Line>& expected) {
  std::size_t longest = 0;
  for (const Line& line : expected) longest = std::max(longest, line.key.size());
  const auto positions = std::make_unique<LinePositions>();
  for (const PlainLinesWay& way : plain_lines_ways()) {
    if (!way.supported) continue;
    CAPTURE(way.name);
    CAPTURE(text);
    const PlainLines found = (way.*find)(text.data(), static_cast<std::uint32_t>(begin),
                                         static_cast<std::uint32_t>(end), separator, *positions);
    REQUIRE(lines_of(text, found) == expected);
    CHECK(found.longest_key == longest);
  }
}

}  // namespace

TEST_CASE("every way finds the plain lines that a plain loop finds, or none where one of them is not plain") {
  std::mt19937 random(11);
  int plain = 0;
  for (int repeat = 0; repeat < 3000; ++repeat) {
    const std::string lead = repeat % 2 == 0 ? "" : "x\ty\n";
    const char separator = repeat % 4 < 2 ? '\t' : ',';
    std::string text = padded(lead + random_text(random, random() % 700, repeat % 3 == 0 ? 20 : 0));
    const std::size_t bytes = text.size() - kScanBytes;
    const std::size_t end = lead.size() + random() % (bytes - lead.size() + 1);
    const std::vector<Line> expected = plain_lines_of(text, lead.size(), end);
    if (expected.size() > 8) ++plain;
    std::ranges::replace(text, '\t', separator);
    check_every_way(&PlainLinesWay::find, text, lead.size(), end, separator, expected);
  }
  CHECK(plain > 300);
  CHECK(plain_lines_ways().back().supported);
}

TEST_CASE("every way finds the lines in quotes that a plain loop finds, or none where one of them is odd") {
  std::mt19937 random(13);
  int plain = 0;
  for (int repeat = 0; repeat < 12000; ++repeat) {
    const std::string lead = repeat % 2 == 0 ? "" : "x,y\n";
    std::string text = lead + random_quoted_text(random, random() % 700, repeat % 3 == 0 ? 20 : 0);
    const std::size_t end = lead.size() + random() % (text.size() - lead.size() + 1);
    text.append(kScanBytes, '"');
    const std::vector<Line> expected = quoted_lines_of(text, lead.size(), end);
    if (expected.size() > 8) ++plain;
    check_every_way(&PlainLinesWay::find_quoted, text, lead.size(), end, ',', expected);
  }
  CHECK(plain > 1200);
}

TEST_CASE("lines too short for the lists of a stretch are left to the other parser, by every way") {
  const auto positions = std::make_unique<LinePositions>();
  std::string text;
  while (text.size() < LinePositions::kStrideBytes) text += "k\t\n";
  for (const PlainLinesWay& way : plain_lines_ways()) {
    if (!way.supported) continue;
    CAPTURE(way.name);
    CHECK(way.find(padded(text).data(), 0, LinePositions::kStrideBytes, '\t', *positions).count() == 0);
  }
}

TEST_CASE("lists as full as they get are all lines, by every way") {
  const auto positions = std::make_unique<LinePositions>();
  std::string text;
  while (text.size() < LinePositions::kStrideBytes) text += "k,v\n";
  for (const PlainLinesWay& way : plain_lines_ways()) {
    if (!way.supported) continue;
    CAPTURE(way.name);
    for (const auto find : {way.find, way.find_quoted}) {
      const PlainLines found = find(padded(text).data(), 0, LinePositions::kStrideBytes, ',', *positions);
      CHECK(found.count() == LinePositions::kStrideBytes / 4);
      CHECK(lines_of(text, found.part(0, 1)) == std::vector<Line>{{"k", "v"}});
    }
  }
}

TEST_CASE("a part of plain lines is the same lines") {
  const std::string text = padded("a\t1\nbb\t22\r\nccc\t333\n");
  const auto positions = std::make_unique<LinePositions>();
  const PlainLines all =
      find_plain_lines(text.data(), 0, static_cast<std::uint32_t>(text.size() - kScanBytes), '\t', *positions);
  CHECK(lines_of(text, all.part(0, 2)) == std::vector<Line>{{"a", "1"}, {"bb", "22"}});
  CHECK(lines_of(text, all.part(1, 9)) == std::vector<Line>{{"bb", "22"}, {"ccc", "333"}});
}

TEST_CASE("taken by the line or many at a time, a text has the same records, however often a line is not plain") {
  std::mt19937 random(12);
  for (int repeat = 0; repeat < 300; ++repeat) {
    const unsigned odd_one_in = std::vector<unsigned>{0, 3, 100, 1000}[static_cast<std::size_t>(repeat) % 4];
    std::string text = random_text(random, 1 + random() % 60000, odd_one_in);
    if (repeat % 5 == 0) text.insert(text.find('\n') + 1, "long\t" + std::string(10000, 'v') + "\n");
    if (repeat % 2 == 0) text.resize(text.size() - random() % 10);
    text = padded(text);
    const std::string_view view(text.data(), text.size() - kScanBytes);

    struct Take {
      std::vector<Line>& lines;
      const std::string& text;
      void operator()(const Fields& fields) {
        lines.push_back(
            {text.substr(fields.key_offset, fields.key_bytes), text.substr(fields.value_offset, fields.value_bytes)});
      }
      void operator()(const PlainLines& found) { found.for_each(*this); }
    };
    std::vector<Line> many;
    std::vector<Line> single;
    const Parsed by_many = parse_tsv(view, {.skip_bad = true}, Take{many, text});
    const Parsed by_line = parse_tsv(view, {.max_record_bytes = 100000, .skip_bad = true}, [&](const Fields& fields) {
      Take{single, text}(fields);
    });

    std::vector<Line> expected;
    std::uint64_t lines = 0;
    std::vector<std::uint64_t> bad;
    for (std::size_t begin = 0; begin < view.size(); ++lines) {
      const std::size_t lf = std::min(view.find('\n', begin), view.size());
      std::string line(view.substr(begin, lf - begin));
      if (lf < view.size() && line.ends_with('\r')) line.pop_back();
      const std::size_t tab = line.find('\t');
      if (tab == 0 || tab == std::string::npos) {
        bad.push_back(lines);
      } else {
        expected.push_back({line.substr(0, tab), line.substr(tab + 1)});
      }
      begin = lf + 1;
    }
    REQUIRE(many == expected);
    REQUIRE(single == expected);
    for (const Parsed* parsed : {&by_many, &by_line}) {
      CHECK(parsed->lines == lines);
      REQUIRE(parsed->bad.size() == bad.size());
      for (std::size_t i = 0; i < bad.size(); ++i) CHECK(parsed->bad[i].line == bad[i]);
    }
  }
}

TEST_CASE("quoted or not, a text has the same records, taken by the line or many at a time, odd ones between them") {
  std::mt19937 random(14);
  for (int repeat = 0; repeat < 300; ++repeat) {
    std::string text;
    for (int part = 0; part < 3; ++part) {
      text += random_quoted_text(random, 1 + random() % 20000, std::vector<unsigned>{0, 100, 1000}[random() % 3]);
    }
    const auto parse = [&](std::uint32_t max_record_bytes) {
      std::string own = padded(text);
      std::vector<Line> lines;
      const TextFormat format{.kind = TextFormat::Kind::kCsv};
      const Parsed parsed =
          parse_csv(own.data(), text.size(), format, {max_record_bytes, true}, [&](const Fields& fields) {
            lines.push_back(
                {own.substr(fields.key_offset, fields.key_bytes), own.substr(fields.value_offset, fields.value_bytes)});
          });
      return std::tuple(lines, parsed.lines, parsed.bad.size());
    };
    // No line is as long as the lower limit, with which none is taken with others.
    REQUIRE(parse(1 << 20) == parse(LinePositions::kStrideBytes - 1));
  }
}

}  // namespace plain_lines_test
