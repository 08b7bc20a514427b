// CSV and escaped TSV.
#include "pipeline/input/csv.hpp"

#include <doctest/doctest.h>
#include <rapidcheck.h>

#include <algorithm>
#include <map>
#include <stdexcept>
#include <string>

#include "pipeline/errors.hpp"
#include "pipeline/input/csv_header.hpp"
#include "pipeline/input/file_source.hpp"
#include "pipeline/input/limited_source.hpp"
#include "pipeline/input/parse.hpp"
#include "pipeline/input/record_ends.hpp"
#include "pipeline/input/take_records.hpp"
#include "pipeline/mode/mode.hpp"
#include "pipeline/output/record_format.hpp"
#include "tests/folder.hpp"
#include "tests/testing.hpp"

namespace csv_test {

using namespace shardflow;
using testing::Folder;
using testing::Pairs;

namespace {

struct Outcome {
  Pairs records;
  std::vector<BadLine> bad;
};

Outcome parse(const std::string& text, TextFormat format, bool skip_bad = false) {
  MemoryBudget budget(UINT64_MAX);
  Block block(std::max<std::size_t>(text.size(), 1), budget);
  text.copy(block.data(), text.size());
  block.set_text(0, text.size());
  block.format = format;
  Outcome outcome;
  const auto keep = [&](const Fields& fields) {
    outcome.records.emplace_back(block.text().substr(fields.key_offset, fields.key_bytes),
                                 block.text().substr(fields.value_offset, fields.value_bytes));
  };
  outcome.bad = parse_records(block, {1000, skip_bad}, keep).bad;
  return outcome;
}

Pairs parsed(const std::string& text, TextFormat format = {}) {
  format.kind = TextFormat::Kind::kCsv;
  const Outcome outcome = parse(text, format);
  CHECK(outcome.bad.empty());
  return outcome.records;
}

// "flaw line offset bytes"
std::string text_of(const BadLine& bad) {
  return std::to_string(static_cast<int>(bad.flaw)) + " " + std::to_string(bad.line) + " " +
         std::to_string(bad.offset) + " " + std::to_string(bad.bytes);
}

// What is wrong with the text, and where.
std::string flaw(const std::string& text) {
  TextFormat format;
  format.kind = TextFormat::Kind::kCsv;
  const auto bad = parse(text, format).bad;
  return bad.empty() ? "" : text_of(bad.front());
}

std::string flawed(Flaw flaw, const std::string& place) { return std::to_string(static_cast<int>(flaw)) + " " + place; }

FileOptions options_of(TextFormat::Kind kind) {
  FileOptions options;
  options.format.kind = kind;
  return options;
}

struct Loaded {
  testing::Map map;
  std::string error;
};

Loaded load(const std::vector<std::string>& files, const FileOptions& options, std::size_t block_bytes = 1 << 16,
            std::string_view mode = "flow") {
  Store store(4);
  FileSource source(files, 1 << 20, nullptr, options);
  RunOptions run;
  run.threads = 2;
  run.block_bytes = block_bytes;
  run.rules.max_record_bytes = 1 << 20;
  try {
    find_mode(mode)->run(source, store, run);
  } catch (const BadInputError& error) {
    return {{}, error.what()};
  }
  return {testing::contents(store), ""};
}

// Letters that make trouble in one format or another.
rc::Gen<std::string> field(int least) {
  return rc::gen::mapcat(rc::gen::inRange(least, 7), [](int length) {
    return rc::gen::container<std::string>(
        static_cast<std::size_t>(length),
        rc::gen::element('a', 'b', ',', '"', '\n', '\r', '\t', '\\', 'n', 'N', '\xef', '\xbb', '\xbf', ' '));
  });
}

rc::Gen<Pairs> records() { return rc::gen::container<Pairs>(rc::gen::pair(field(1), field(0))); }

template <RecordFormat format>
std::string written(const Pairs& records) {
  std::string text;
  for (const auto& [key, value] : records) append_record<format>(text, key, value);
  return text;
}

}  // namespace

TEST_CASE("fields are what RFC 4180 says they are") {
  CHECK(parsed("a,1\nb,2\n") == Pairs{{"a", "1"}, {"b", "2"}});
  CHECK(parsed("a,1\r\nb,2") == Pairs{{"a", "1"}, {"b", "2"}});
  CHECK(parsed("a,\n") == Pairs{{"a", ""}});
  CHECK(parsed("a,") == Pairs{{"a", ""}});
  CHECK(parsed(" a ,\t1 \n") == Pairs{{" a ", "\t1 "}});
  CHECK(parsed("\"a\",\"1\"\r\n") == Pairs{{"a", "1"}});
  CHECK(parsed("\"a,b\",\"1\"\"2\"\n") == Pairs{{"a,b", "1\"2"}});
  CHECK(parsed("\"a\nb\",\"1\r\n2\"\n") == Pairs{{"a\nb", "1\r\n2"}});
  CHECK(parsed("a,\"\"\n") == Pairs{{"a", ""}});
  CHECK(parsed("a,\"\"\"\"\n") == Pairs{{"a", "\""}});
  CHECK(parsed("a,\"x\"") == Pairs{{"a", "x"}});
  CHECK(parsed("a,1,x,y\nb,2\n") == Pairs{{"a", "1"}, {"b", "2"}});
  CHECK(parsed("a,\"1\",\"x\"\"\n\",y\nb,2\n") == Pairs{{"a", "1"}, {"b", "2"}});
  CHECK(parsed("").empty());
}

// The cases of csv-spectrum, the published collection, with rows of ours: what each of its files is about.
TEST_CASE("the cases of csv-spectrum are read as it says") {
  TextFormat second_as_key;
  second_as_key.key_column = 1;
  second_as_key.value_column = 2;
  CHECK(parsed("first,last,zip\nAda,\"Main St. 1, Turin\",01\n") ==
        Pairs{{"first", "last"}, {"Ada", "Main St. 1, Turin"}});                                   // comma_in_quotes
  CHECK(parsed("a,b,c\n1,\"\",\"\"\n2,3,4\n") == Pairs{{"a", "b"}, {"1", ""}, {"2", "3"}});        // empty
  CHECK(parsed("a,b,c\r\n1,\"\",\"\"\r\n2,3,4\r\n") == Pairs{{"a", "b"}, {"1", ""}, {"2", "3"}});  // empty_crlf
  CHECK(parsed("a,b\n1,\"ha \"\"ha\"\" ha\"\n3,4\n") ==
        Pairs{{"a", "b"}, {"1", "ha \"ha\" ha"}, {"3", "4"}});  // escaped_quotes
  CHECK(parsed("key,val\n1,\"{\"\"type\"\": \"\"Point\"\", \"\"at\"\": [1.5, 2]}\"\n") ==
        Pairs{{"key", "val"}, {"1", "{\"type\": \"Point\", \"at\": [1.5, 2]}"}});  // json
  CHECK(parsed("a,b,c\n1,2,3\n\"Once upon \na time\",5,6\n7,8,9\n") ==
        Pairs{{"a", "b"}, {"1", "2"}, {"Once upon \na time", "5"}, {"7", "8"}});  // newlines
  CHECK(parsed("a,b,c\r\n1,2,3\r\n\"Once upon \r\na time\",5,6\r\n7,8,9\r\n") ==
        Pairs{{"a", "b"}, {"1", "2"}, {"Once upon \r\na time", "5"}, {"7", "8"}});  // newlines_crlf
  CHECK(parsed("a,b\n1,\"ha \n\"\"ha\"\" \nha\"\n3,4\n") ==
        Pairs{{"a", "b"}, {"1", "ha \n\"ha\" \nha"}, {"3", "4"}});                      // quotes_and_newlines
  CHECK(parsed("a,b,c\n1,2,3\n", second_as_key) == Pairs{{"b", "c"}, {"2", "3"}});      // simple
  CHECK(parsed("a,b,c\r\n1,2,3\r\n", second_as_key) == Pairs{{"b", "c"}, {"2", "3"}});  // simple_crlf
  CHECK(parsed("a,b,c\n1,2,3\n4,5,\xca\xa4\n", second_as_key) ==
        Pairs{{"b", "c"}, {"2", "3"}, {"5", "\xca\xa4"}});  // utf8
  CHECK(parsed("place,at\nhere,\"1.5, -2.25\"\n") ==
        Pairs{{"place", "at"}, {"here", "1.5, -2.25"}});  // location_coordinates
}

TEST_CASE("columns and delimiter are chosen, and the rest is as it stands") {
  TextFormat format;
  format.delimiter = ';';
  format.key_column = 2;
  format.value_column = 0;
  CHECK(parsed("v;x;k\n\"v;2\";\"\";k2;y\n", format) == Pairs{{"k", "v"}, {"k2", "v;2"}});
  format = {};
  format.value_is_rest = true;
  CHECK(parsed("a,1,2\nb,\"x\"\"y\",\"z\n\"\nc,\n", format) ==
        Pairs{{"a", "1,2"}, {"b", "\"x\"\"y\",\"z\n\""}, {"c", ""}});
  format.key_column = 1;
  CHECK(parsed("x,a,1,2\r\ny,b,3\n", format) == Pairs{{"a", "1,2"}, {"b", "3"}});
}

TEST_CASE("what is no record is refused with its place, in lines as an editor counts them") {
  CHECK(flaw("a,1\nb\n") == flawed(Flaw::kTooFewFields, "1 4 1"));
  CHECK(flaw("a,1\n\nb,2\n") == flawed(Flaw::kTooFewFields, "1 4 0"));
  CHECK(flaw(",1\n") == flawed(Flaw::kEmptyKey, "0 0 2"));
  CHECK(flaw("\"\",1\n") == flawed(Flaw::kEmptyKey, "0 0 4"));
  CHECK(flaw("a,\"1\n2\"\nb,\"x\"y\n") == flawed(Flaw::kQuote, "2 8 6"));
  CHECK(flaw("a,x\"y\"\n") == flawed(Flaw::kQuote, "0 0 6"));
  CHECK(flaw("a,\"1\n2\n") == flawed(Flaw::kUnclosedQuote, "0 0 4"));
  CHECK(flaw("a," + std::string(999, 'v') + "\n") == flawed(Flaw::kTooLong, "0 0 1001"));
}

TEST_CASE("what is skipped is one record, and the lines behind it keep their numbers") {
  TextFormat format;
  format.kind = TextFormat::Kind::kCsv;
  const auto skipped = [&](const std::string& text) {
    const Outcome outcome = parse(text, format, true);
    std::string told;
    for (const BadLine& bad : outcome.bad) told += text_of(bad) + ";";
    for (const auto& [key, value] : outcome.records) told += key + "=" + value + ";";
    return told;
  };
  CHECK(skipped("a,1\nb\n\n,2\nc,3") == flawed(Flaw::kTooFewFields, "1 4 1;") + flawed(Flaw::kTooFewFields, "2 6 0;") +
                                            flawed(Flaw::kEmptyKey, "3 7 2;") + "a=1;c=3;");
  CHECK(skipped("b,\"x\ny\"z,\nc,x\"\nd,\"\"\"\"\nbad") == flawed(Flaw::kQuote, "0 0 9;") +
                                                               flawed(Flaw::kQuote, "2 10 4;") +
                                                               flawed(Flaw::kTooFewFields, "4 22 3;") + "d=\";");
  CHECK(skipped("\"a\n\"\n\"b\nc,1\n") ==
        flawed(Flaw::kTooFewFields, "0 0 4;") + flawed(Flaw::kUnclosedQuote, "2 5 2;") + "c=1;");
}

// Records are taken by the stride where they are good, else one by one.
TEST_CASE("records together are what each is alone") {
  const auto record = rc::gen::element<std::string>(
      "k,v\n", "key,value\r\n", "\"k\",\"v\"\n", "\"k\"\"1\",v\r\n", "k,\n", "k,\"a\nb\",x\n", "k,\"a\"\"\n\"\n",
      "\"\"\"\n\",v,\"\"\"\n\"\n", "\"k\n\",\"\"\"\",\"\"\n", "k,v,,\"w\"\r\n");
  const auto bad = rc::gen::element<std::string>("\n", ",v\n", "\"\",v\n", "k\n", "k,v\"\n", "\"k\"x,v\n",
                                                 "\"k\" ,v\r\n", "k,\"v\"\r\r\n", "k," + std::string(1000, 'v') + "\n");
  const auto any = rc::gen::weightedOneOf<std::string>({{30, record}, {1, bad}});
  CHECK(rc::check([&] {
    const auto distinct = *rc::gen::container<std::vector<std::string>>(any);
    const auto times = *rc::gen::inRange(1, 40);
    TextFormat format;
    format.kind = TextFormat::Kind::kCsv;
    format.key_column = *rc::gen::inRange<std::uint32_t>(0, 2);
    format.value_column = *rc::gen::inRange<std::uint32_t>(0, 2);
    format.value_is_rest = *rc::gen::arbitrary<bool>();
    std::string text;
    Pairs records;
    std::string bad_ones;
    std::uint64_t lines = 0;
    std::map<std::string, Outcome> outcomes;
    for (int time = 0; time < times; ++time) {
      for (const std::string& one : distinct) {
        const auto [alone, is_new] = outcomes.try_emplace(one);
        if (is_new) alone->second = parse(one, format, true);
        records.insert(records.end(), alone->second.records.begin(), alone->second.records.end());
        for (BadLine flawed : alone->second.bad) {
          flawed.line += lines;
          flawed.offset += static_cast<std::uint32_t>(text.size());
          bad_ones += text_of(flawed) + ";";
        }
        lines += static_cast<std::uint64_t>(std::ranges::count(one, '\n'));
        text += one;
      }
    }
    const Outcome together = parse(text, format, true);
    std::string bad_together;
    for (const BadLine& flawed : together.bad) bad_together += text_of(flawed) + ";";
    RC_ASSERT(together.records == records);
    RC_ASSERT(bad_together == bad_ones);
  }));
}

TEST_CASE("a bad record keeps its text, also where a field of it was doubled") {
  TextFormat format;
  format.kind = TextFormat::Kind::kCsv;
  const std::string text = "\"a\"\"b\",\"1\"\"2\",\"x\"y\n";
  MemoryBudget budget(UINT64_MAX);
  Block block(text.size(), budget);
  text.copy(block.data(), text.size());
  block.set_text(0, text.size());
  block.format = format;
  CHECK(parse_records(block, {}, [](const Fields&) {}).bad.size() == 1);
  CHECK(block.text() == text);
}

TEST_CASE("a column that is key and value in one has its quotes taken once") {
  TextFormat format;
  format.value_column = 0;
  CHECK(parsed("\"a\"\"\"\"b\"\n", format) == Pairs{{"a\"\"b", "a\"\"b"}});
}

TEST_CASE("a text is cut where a record ends, never within quotes") {
  TextFormat format;
  format.kind = TextFormat::Kind::kCsv;
  const std::string text = "a,1\nb,\"x\ny\"\"\n\"\nc,3\nd,\"";
  for (std::size_t step = 1; step <= text.size(); ++step) {
    RecordEnds ends(format, {}, 0);
    bool quoted = false;
    std::size_t last = 0;
    for (std::size_t seen = 0; seen < text.size(); seen += step) {
      const std::size_t now = std::min(text.size(), seen + step);
      for (std::size_t i = seen; i < now; ++i) {
        if (text[i] == '"') quoted = !quoted;
        if (text[i] == '\n' && !quoted) last = i + 1;
      }
      ends.extend(std::string_view(text).substr(0, now), seen);
      CHECK(ends.last() == last);
    }
  }
  std::uint64_t two = 2;
  CHECK(take_records(text, format, {}, two) == 15);
  CHECK(two == 0);
}

TEST_CASE("what we write as CSV we read again, for any block size and mode") {
  CHECK(rc::check([] {
    const Folder folder;
    const Pairs input = *records();
    const auto block_bytes = *rc::gen::element<std::size_t>(1, 5, 17, 64, 1000);
    const auto mode = *rc::gen::element<std::string>("flow", "serial", "channel", "flow-record", "map");
    const std::string file = folder.write("in.csv", written<RecordFormat::kCsv>(input));
    const Loaded loaded = load({file}, options_of(TextFormat::Kind::kCsv), block_bytes, mode);
    RC_ASSERT(loaded.error.empty());
    RC_ASSERT(loaded.map.size() == testing::last_values(input).size());
    if (find_mode(mode)->ordered) RC_ASSERT(loaded.map == testing::last_values(input));
  }));
}

TEST_CASE("what we write as escaped TSV we read again, for any block size") {
  CHECK(rc::check([] {
    const Folder folder;
    const Pairs input = *records();
    const auto block_bytes = *rc::gen::element<std::size_t>(1, 5, 17, 64, 1000);
    std::string text = written<RecordFormat::kEscapedTsv>(input);
    if (text.starts_with("\xef\xbb\xbf")) text.insert(0, "\xef\xbb\xbf");
    const Loaded loaded = load({folder.write("in", text)}, options_of(TextFormat::Kind::kEscapedTsv), block_bytes);
    RC_ASSERT(loaded.error.empty());
    RC_ASSERT(loaded.map == testing::last_values(input));
  }));
}

TEST_CASE("escapes of COPY are read, NULL stays \\N, and without the option a backslash is a backslash") {
  TextFormat format;
  format.kind = TextFormat::Kind::kEscapedTsv;
  CHECK(parse("a\\tb\tc\\nd\\\\e\\0\\x\nk\t\\N\nl\t\\\n", format).records ==
        Pairs{{"a\tb", std::string("c\nd\\e\0x", 7)}, {"k", "\\N"}, {"l", "\\"}});
  CHECK(parse("a\tb\\n\n", {}).records == Pairs{{"a", "b\\n"}});
}

TEST_CASE("a header names the columns, in each file anew") {
  const Folder folder;
  FileOptions options = options_of(TextFormat::Kind::kCsv);
  options.header = true;
  options.key_name = "id";
  options.value_name = "the \"value\"";
  const std::string first = folder.write("a", "\xef\xbb\xbfid,x,\"the \"\"value\"\"\"\r\n1,-,one\r\n");
  const std::string second = folder.write("b", "\"the \"\"value\"\"\",id\ntwo,2\n");
  const std::string empty = folder.write("c", "id,\"the \"\"value\"\"\"\n");
  CHECK(load({first, second, empty}, options).map == testing::Map{{"1", "one"}, {"2", "two"}});
  for (std::size_t block_bytes = 1; block_bytes < 40; ++block_bytes) {
    CHECK(load({first, second}, options, block_bytes).map.size() == 2);
  }
  const std::string other = folder.write("d", "id,name\n1,2\n");
  const std::string broken = folder.write("e", "i\"d,name\n1,2\n");
  CHECK(load({broken}, options).error ==
        broken +
            ":1: the header has a quote that is misplaced or open, or is longer than --max-record (1048576): "
            "\"i\\\"d,name\"");
  CHECK(load({other}, options).error == other + ":1: the header has no column 'the \"value\"', but id, name");
}

TEST_CASE("a bad record is told with its line, header and line ends in quotes counted") {
  const Folder folder;
  FileOptions options = options_of(TextFormat::Kind::kCsv);
  options.header = true;
  const std::string file = folder.write("in", "\"k\n1\",v\na,\"x\ny\"\nb,2\nbad\nc,3\n");
  for (const std::size_t block_bytes : {1ul, 8ul, 20ul, 1000ul}) {
    CHECK(
        load({file}, options, block_bytes).error ==
        file +
            ":6 (byte 20): the record has too few fields: \"bad\"; expected the key in field 1, the value in field 2");
  }
}

TEST_CASE("the kind is told by the name, and else by the first line, where asked for") {
  const Folder folder;
  FileOptions options;
  options.recognise_kind = true;
  const std::string csv_file = folder.write("a.csv", "a,1\n");
  const std::string tsv_file = folder.write("b.tsv", "b,x\t2\n");
  const std::string json_file = folder.write("c.ndjson", "{\"key\":\"c\",\"value\":3}\n");
  CHECK(load({csv_file, tsv_file, json_file}, options).map == testing::Map{{"a", "1"}, {"b,x", "2"}, {"c", "3"}});
}

TEST_CASE("a quote that is not closed within the record limit is told with its line, for any block size") {
  const Folder folder;
  std::string text = "x,0\na,\"1\n";
  while (text.size() < 1 << 21) text += "b,2\n";
  const std::string file = folder.write("in", text);
  for (const std::size_t block_bytes : {std::size_t{64}, std::size_t{1} << 22}) {
    CHECK(load({file}, options_of(TextFormat::Kind::kCsv), block_bytes).error ==
          file +
              ":2 (byte 4): a quote is not closed, by the end or within --max-record (1048576): \"a,\\\"1\"; "
              "close it, or raise the limit");
  }
}

namespace {

class KeptRejects final : public RejectSink {
 public:
  void take(const Reject& reject) override {
    told += std::to_string(reject.line) + " " + std::to_string(reject.byte) + " " + reject.reason + ": " +
            std::string(reject.record) + "\n";
  }
  std::string told;
};

// All that a run that skips bad records finds in a file.
std::string found_skipping(const std::string& file, FileOptions options, std::uint32_t max_record_bytes,
                           std::size_t block_bytes, const std::string& mode = "flow",
                           std::uint64_t first_records = UINT64_MAX) {
  options.skip_bad = true;
  Store store(4);
  FileSource source({file}, max_record_bytes, nullptr, options);
  KeptRejects rejects;
  RunOptions run;
  run.threads = 2;
  run.block_bytes = block_bytes;
  run.rules = {max_record_bytes, true};
  run.rejects = &rejects;
  LimitedSource limited(source, first_records, run.rules);
  find_mode(mode)->run(limited, store, run);
  for (const auto& [key, value] : testing::contents(store)) rejects.told += key + "=" + value + "\n";
  return rejects.told;
}

// Mostly what decides where a record ends.
rc::Gen<std::string> csv_like() {
  return rc::gen::container<std::string>(rc::gen::weightedElement<char>(
      {{4, 'a'}, {4, ','}, {3, '"'}, {3, '\n'}, {1, '\r'}, {1, '\xef'}, {1, '\xbb'}, {1, '\xbf'}}));
}

}  // namespace

TEST_CASE("what is skipped in CSV, and what is kept, is the same for any block size") {
  CHECK(rc::check([] {
    const Folder folder;
    FileOptions options = options_of(TextFormat::Kind::kCsv);
    options.header = *rc::gen::arbitrary<bool>();
    const auto most = *rc::gen::inRange<std::uint32_t>(1, 30);
    const auto mode = *rc::gen::element<std::string>("flow", "serial", "pipeline");
    const auto records = *rc::gen::element<std::uint64_t>(UINT64_MAX, 3);
    // With a header, that must be one.
    const std::string file = folder.write("in.csv", (options.header ? "k\n" : "") + *csv_like());
    const std::string expected = found_skipping(file, options, most, 1 << 12, "serial", records);
    for (const std::size_t block_bytes : {1ul, 7ul, 16ul, 24ul, 50ul}) {
      RC_ASSERT(found_skipping(file, options, most, block_bytes, mode, records) == expected);
    }
  }));
}

// Counting all quotes, the one in x"y made the quoted key look as if it were outside quotes, in blocks of 16 and 24.
TEST_CASE("a quote that stands where it may not hides no record behind it") {
  const Folder folder;
  const std::string file = folder.write("in.csv", "k,1\nx\"y,3\n\"a\nb\",1\nc,2\nd,\"4\"");
  for (const std::size_t block_bytes : {1ul, 16ul, 24ul, 1000ul}) {
    CHECK(found_skipping(file, options_of(TextFormat::Kind::kCsv), 1000, block_bytes) ==
          "2 4 a quote stands where its field neither begins nor ends: x\"y,3\na\nb=1\nc=2\nd=4\nk=1\n");
  }
}

TEST_CASE("a quote that is never closed spoils its line alone, also beyond the record limit") {
  const Folder folder;
  std::string text = "a,\"1\n";
  while (text.size() < 1 << 16) text += "b,2\n";
  const std::string file = folder.write("in.csv", text + "c,3\n");
  for (const std::size_t block_bytes : {1ul, 64ul, 100'000ul}) {
    CHECK(found_skipping(file, options_of(TextFormat::Kind::kCsv), 1000, block_bytes) ==
          "1 0 a quote is not closed, by the end or within --max-record (1000): a,\"1\nb=2\nc=3\n");
  }
}

}  // namespace csv_test
