#include "pipeline/input/jsonl.hpp"

#include <doctest/doctest.h>
#include <rapidcheck.h>

#include <map>
#include <string>

#include "pipeline/errors.hpp"
#include "pipeline/input/describe.hpp"
#include "pipeline/input/file_source.hpp"
#include "pipeline/input/json_scalar.hpp"
#include "pipeline/input/recognise_format.hpp"
#include "pipeline/mode/mode.hpp"
#include "pipeline/output/record_format.hpp"
#include "tests/folder.hpp"
#include "tests/testing.hpp"

namespace jsonl_test {

using namespace shardflow;
using testing::Folder;
using testing::Pairs;

namespace {

struct Outcome {
  Pairs records;
  std::vector<std::string> bad;  // "line: reason"
};

// Makes the text, of JSON Lines, the block's.
void fill(Block& block, const std::string& text, const JsonFields& fields) {
  text.copy(block.data(), text.size());
  block.set_text(0, text.size());
  block.format.kind = TextFormat::Kind::kJsonLines;
  block.format.json = &fields;
}

Outcome parse(const std::string& text, const std::string& key = "key", const std::string& value = "value") {
  const JsonFields fields{parse_json_path(key), parse_json_path(value)};
  MemoryBudget budget(UINT64_MAX);
  Block block(std::max<std::size_t>(text.size(), 1), budget);
  fill(block, text, fields);
  const RecordRules rules{1000, true};
  const JsonRecords found = parse_json_lines(block, rules);
  Outcome outcome;
  for (const Fields& each : found.records) {
    const char* const base = block.data_of_text();
    outcome.records.emplace_back(std::string(base + each.key_offset, each.key_bytes),
                                 std::string(base + each.value_offset, each.value_bytes));
  }
  for (const BadLine& bad : found.parsed.bad) {
    outcome.bad.push_back(std::to_string(bad.line) + ": " + reason(bad, rules, block.format));
  }
  return outcome;
}

// The value of a line that has key k.
std::string value_of(const std::string& json) {
  const Outcome outcome = parse(R"({"key":"k","value":)" + json + "}\n");
  return outcome.records.size() == 1 ? outcome.records.front().second : "bad";
}

bool accepts(const std::string& json) { return value_of(json) != "bad"; }

testing::Map load(const std::string& text, std::size_t block_bytes, std::string_view mode) {
  const Folder folder;
  Store store(4);
  FileOptions options;
  options.format.kind = TextFormat::Kind::kJsonLines;
  FileSource source({folder.write("in", text)}, 1 << 20, nullptr, options);
  RunOptions run;
  run.threads = 2;
  run.block_bytes = block_bytes;
  find_mode(mode)->run(source, store, run);
  return testing::contents(store);
}

}  // namespace

TEST_CASE("a string's content, or any other value's text, is key or value") {
  CHECK(parse("{\"key\":\"a\",\"value\":\"1\"}\r\n{ \"value\" : \"\" , \"x\":[], \"key\" : \"b\" }").records ==
        Pairs{{"a", "1"}, {"b", ""}});
  CHECK(value_of("1.50") == "1.50");
  CHECK(value_of("123456789012345678901234567890") == "123456789012345678901234567890");
  CHECK(value_of("1e400") == "1e400");
  CHECK(value_of(" null ") == "null");
  CHECK(value_of("[1, {\"a\" : \"b\\n\"} ] ") == "[1, {\"a\" : \"b\\n\"} ]");
  CHECK(value_of("{}") == "{}");
  CHECK(parse("{\"key\":17,\"value\":true}").records == Pairs{{"17", "true"}});
}

TEST_CASE("escapes stand for what they do") {
  CHECK(value_of(R"("\"\\\/\b\f\n\r\t")") == "\"\\/\b\f\n\r\t");
  CHECK(value_of(R"("\u0041\u00e9\u20ac\ud83d\ude00")") == "A\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80");
  CHECK(value_of(R"("\u0000")") == std::string(1, '\0'));
  CHECK(parse(R"({"k\u0065y":"a\tb","value":"c\\"})").records == Pairs{{"a\tb", "c\\"}});
}

TEST_CASE("paths lead into objects, and a name that comes twice counts where it comes last") {
  CHECK(parse(R"({"u":{"id":7,"n":{"x":"v"}},"id":1})", "u.id", "u.n.x").records == Pairs{{"7", "v"}});
  CHECK(parse(R"({"a.b":1,"a":{"b":2}})", "a\\.b", "a.b").records == Pairs{{"1", "2"}});
  CHECK(parse(R"({"key":"a","key":"b","value":1,"value":2})").records == Pairs{{"b", "2"}});
  CHECK(parse(R"({"u":{"id":1},"u":{"id":2},"value":{"x":{}},"value":{"x":3}})", "u.id", "value.x").records ==
        Pairs{{"2", "3"}});
  CHECK(parse(R"({"u":[{"id":1}],"value":2})", "u.id").bad.size() == 1);
  CHECK(parse(R"({"u":{"id":1},"u":5,"value":2})", "u.id").bad.size() == 1);
  CHECK(parse(R"({"key":1,"value":{"x":2},"value":{"y":3}})", "key", "value.x").bad.size() == 1);
}

TEST_CASE("a field that holds the other one keeps its text, escapes and all") {
  const std::string line = R"({"key":"a\nb","value":"x\ty"})";
  CHECK(parse(line + "\n" + line + "\n", "key", ".").records == Pairs{{"a\nb", line}, {"a\nb", line}});
  CHECK(parse(R"({"u":{"id":"\u0041"}})", "u.id", "u").records == Pairs{{"A", R"({"id":"\u0041"})"}});
  CHECK(parse(R"({"u":{"id":"\u0041"}})", "u", "u.id").records == Pairs{{R"({"id":"\u0041"})", "A"}});
  CHECK(parse(R"({"id":"\u0041\\"})", "id", "id").records == Pairs{{"A\\", "A\\"}});
}

TEST_CASE("what is no record is refused with its reason, and the others stay") {
  const Outcome outcome = parse(
      "{\"key\":\"a\",\"value\":1}\n"
      "\n"
      "17\n"
      "{\"key\":\"b\"}\n"
      "{\"value\":1}\n"
      "{\"key\":\"\",\"value\":1}\n"
      "{\"key\":\"b\",\"value\":1\n"
      "{\"key\":\"b\",\"value\":1}{}\n"
      "{\"key\":\"b\",\"value\":\"1}\n"
      "{\"key\":\"b\",\"value\":\"\xff\"}\n" +
      ("{\"key\":\"b\",\"value\":\"" + std::string(1000, 'x')) + "\"}\n" + "{\"key\":\"c\",\"value\":2}");
  CHECK(outcome.records == Pairs{{"a", "1"}, {"c", "2"}});
  CHECK(outcome.bad ==
        std::vector<std::string>{
            "1: the line is no JSON object (it is empty)",
            "2: the line is no JSON object",
            "3: the object has no \"value\"",
            "4: the object has no \"key\"",
            "5: the key is empty",
            "6: the line is no JSON object (an object or array in it is not closed, or something follows the object)",
            "7: the line is no JSON object (something follows the object)",
            "8: the line is no JSON object (a string in it is not closed)",
            "9: the line is no JSON object (it is not UTF-8)",
            "10: the record is longer than --max-record (1000)",
        });
}

TEST_CASE("the CR of a line's end does not count within the limit") {
  const std::string line = R"({"key":"k","value":")" + std::string(1000 - 22, 'x') + "\"}";
  REQUIRE(line.size() == 1000);
  CHECK(parse(line + "\r\n").records.size() == 1);
  CHECK(parse(line + "\r\n" + line + "\n").records.size() == 2);
  CHECK(parse(line + " \r\n").bad.size() == 1);
  CHECK(parse(line + "\r").bad.size() == 1);
}

TEST_CASE("an object that ends in a later line is no record, whatever its lines are alone") {
  const std::string good = "{\"key\":\"a\",\"value\":\"1\"}\n";
  for (const std::string& before : {std::string(), good, good + good}) {
    for (const std::string& behind : {std::string(), good, good + good}) {
      const Outcome outcome = parse(before + "{\"key\":\"j\",\"value\":\n" + good + ",\"value\":1}\n" + behind);
      CHECK(outcome.bad.size() == 2);
      CHECK(outcome.records.size() == (before.size() + behind.size()) / good.size() + 1);
      for (const auto& record : outcome.records) CHECK(record.first == "a");
    }
  }
}

// Several lines are looked at together, as long as all is well.
TEST_CASE("lines together are what each is alone") {
  const auto record = rc::gen::element<std::string>(
      R"({"key":"a","value":"1"})", R"({"key":"b","value":{"x":[1,{"y":"}"}]}})", R"( { "value":2 , "key":"c" } )",
      R"({"key":"d\n","value":"e\u00e9"})", R"({"value":{"key":"f"},"key":"g\"h"})");
  const auto bad = rc::gen::element<std::string>(
      "", " ", "{", "}", ",", "]", R"({"key":"i")", R"("value":1})", R"(,"value":1})", R"({"key":"j","value":)",
      R"({"key":"k","value":[)", R"({"key":"l","value":"open)", R"(close"})", R"({"key":"m","value":1}})",
      R"({"key":"n","value":1},)", R"({"key":"o","value":1} {"key":"p","value":1})", R"({"key":"","value":1})",
      R"({"value":1})", "\xff", "[1]", R"({"key":"q","value":"\xc3"})",
      std::string(R"({"key":"r","value":")") + std::string(1000, 'x') + "\"}");
  const auto line = rc::gen::weightedOneOf<std::string>({{4, record}, {1, bad}});
  const std::string good = R"({"key":"a","value":"1"})";
  std::map<std::pair<std::string, std::string>, Outcome> outcomes;
  const auto alone = [&](const std::string& text, const std::string& value) -> const Outcome& {
    const auto [found, is_new] = outcomes.try_emplace({text, value});
    if (is_new) found->second = parse(text, "key", value);
    return found->second;
  };
  CHECK(rc::check([&] {
    auto lines = *rc::gen::container<std::vector<std::string>>(line);
    // Enough to be looked at in two or three goes.
    const auto before = *rc::gen::element<std::size_t>(0, 10, 700, 1500);
    lines.insert(lines.begin(), before, good);
    lines.resize(lines.size() + *rc::gen::inRange<std::size_t>(0, 10), good);
    const auto value = *rc::gen::element<std::string>("value", ".", "value.key");
    std::string text;
    Outcome each;
    for (std::size_t i = 0; i < lines.size(); ++i) {
      text += (i == 0 ? "" : "\n") + lines[i];
      if (i + 1 == lines.size() && lines[i].empty()) break;  // which is no line
      const Outcome& one = alone(lines[i] + "\n", value);
      each.records.insert(each.records.end(), one.records.begin(), one.records.end());
      for (const std::string& flaw : one.bad) each.bad.push_back(std::to_string(i) + flaw.substr(1));
    }
    const Outcome together = parse(text, "key", value);
    RC_ASSERT(together.records == each.records);
    RC_ASSERT(together.bad == each.bad);
  }));
}

// After the cases of the published parsing test suites: what must be accepted, and what must not.
TEST_CASE("JSON is what RFC 8259 says, in fields that nobody asked for as well") {
  for (const char* const good : {"0",
                                 "-0",
                                 "-1",
                                 "1E22",
                                 "1e-2",
                                 "1E+2",
                                 "123e65",
                                 "0.1",
                                 "-0.1e1",
                                 "[]",
                                 "[[]   ]",
                                 "[\"\"]",
                                 "[null, 1]",
                                 "{\"\":0}",
                                 "{\"a\":\"b\",\"a\":\"b\"}",
                                 "{\"a\":[]}",
                                 "\"\\uDBFF\\uDFFF\"",
                                 "\"\x7f\"",
                                 "\"\xef\xbf\xbf\"",
                                 "\"\xe2\x80\xa8\"",
                                 "[true,false]",
                                 "[false]",
                                 "[-0]",
                                 "[-123]",
                                 "[1e1,1E1,1E-1,1.5e+10]",
                                 "[ 4 ]",
                                 "[\"asd \"]",
                                 "[[],[],{}]",
                                 "{\"asd\":\"sdf\", \"dfg\":\"fgh\"}",
                                 "{\"a\":{},\"b\":{\"c\":[null]}}",
                                 "{\"foo\\u0000bar\": 42}",
                                 "{\"x\":[{\"id\": \"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\"}], \"id\": \"x\"}",
                                 "\"\\u0060\\u012a\\u12AB\"",
                                 "\"\\u0012\"",
                                 "\"\\\\u0000\"",
                                 "\"\\\"\"",
                                 "\"a/*b*/c/*d//e\"",
                                 "\"\\uD834\\uDd1e\"",
                                 "\"\\uD801\\udc37\"",
                                 "\"\\u200B\"",
                                 "\"\\uFDD0\"",
                                 "\"\\uFFFE\"",
                                 "\"\xf4\x8f\xbf\xbf\"",
                                 "\"\xcf\x80\"",
                                 "\" \"",
                                 "\"\\\\a\"",
                                 "[1,null,null,2]"}) {
    CAPTURE(good);
    CHECK(accepts(good));
    CHECK(parse("{\"key\":\"k\",\"value\":1,\"other\":" + std::string(good) + "}").bad.empty());
  }
  for (const char* const bad : {"",
                                "01",
                                "-01",
                                "-",
                                "+1",
                                ".1",
                                "1.",
                                "1.e1",
                                "1e",
                                "1e+",
                                "0x1",
                                "1_000",
                                "NaN",
                                "Infinity",
                                "nul",
                                "True",
                                "tru",
                                "nulll",
                                "[1,]",
                                "[,1]",
                                "[1 2]",
                                "[1",
                                "1]",
                                "[1]]",
                                "{\"a\"}",
                                "{\"a\":}",
                                "{\"a\":1,}",
                                "{a:1}",
                                "{1:1}",
                                "{\"a\" 1}",
                                "{'a':1}",
                                "{\"a\":1 \"b\":2}",
                                "'a'",
                                "\"\\x\"",
                                "\"\\u12\"",
                                "\"\\uD800\\u\"",
                                "\"\\uD800\"",
                                "\"\\uDC00\"",
                                "\"a\tb\"",
                                "\"\xc0\xaf\"",
                                "\"\xed\xa0\x80\"",
                                "\"\xf4\xbf\xbf\xbf\"",
                                "\"\\",
                                "/*c*/1",
                                "1//c",
                                "[\"a\":1]",
                                "[++1234]",
                                "[-2.]",
                                "[-NaN]",
                                "[.-1]",
                                "[0.1.2]",
                                "[0.3e+]",
                                "[0.e1]",
                                "[0E]",
                                "[1.0e-]",
                                "[1eE2]",
                                "[1+2]",
                                "[- 1]",
                                "[-1x]",
                                "[0x42]",
                                "[2.e+3]",
                                "[9.e+]",
                                "[1 000.0]",
                                "[1.2a-3]",
                                "[\xef\xbc\x91]",
                                "[\"\",]",
                                "[\"x\"]]",
                                "[1,,2]",
                                "[,]",
                                "[\"\"",
                                "[1:2]",
                                "[\"x\":2}]",
                                "[1,\"x\":full}],\"y\":[1]",
                                "[3[4]]",
                                "[*]",
                                "[   , \"\"]",
                                "[1,\n",
                                "[fals]",
                                "[null ,nul]",
                                "[\"a\",\n4\n,1,",
                                "{\"a\":\"a\" 123}",
                                "{\"x\", null}",
                                "{\"x\"::\"b\"}",
                                "{\"a\":\"b\",,\"c\":\"d\"}",
                                "{9999E9999:1}",
                                "{null:null,null:null}",
                                "{\"id\":0,,,,,}",
                                "{\"id\":0,}",
                                "{\"a\":\"b\"}/**/",
                                "{\"a\":\"b\"}#",
                                "{\"a\":true} \"x\"",
                                "{[: \"x\"}",
                                "{:\"b\"}",
                                "{,",
                                "{\"\\uD834\\uDd\":0}",
                                "\"\\uD800\\u1\"",
                                "\"\\uD800\\u1x\"",
                                "\"\\u00A\"",
                                "\"\\u\"",
                                "\"\\uqqqq\"",
                                "\"\\a\"",
                                "\"\\\t\"",
                                "\"\\\\\\\"",
                                "\"\\\xe5\"",
                                "\"\x1f\"",
                                "\"\xff\"",
                                "\"\x81\"",
                                "\"\xe6\x97\xa5\xd1\x88\xfa\"",
                                "\"\xfc\x80\x80\x80\x80\x80\"",
                                "\"\xe0\xff\"",
                                "\"\\",
                                "\"x",
                                "\"",
                                "<.>",
                                "<null>",
                                "[<null>]",
                                "aa",
                                "[true, fals",
                                "\xc3\xa5",
                                "\\u000Aaa",
                                "*",
                                "&",
                                "\xef\xbb\xbf"
                                "1"}) {
    CAPTURE(bad);
    CHECK_FALSE(accepts(bad));
    CHECK(parse("{\"key\":\"k\",\"value\":1,\"other\":" + std::string(bad) + "}").records.empty());
  }
}

TEST_CASE("nesting may be deep, but not without end") {
  const auto nested = [](std::size_t depth) { return std::string(depth, '[') + std::string(depth, ']'); };
  CHECK(accepts(nested(400)));
  CHECK_FALSE(is_json_object("{\"a\":" + nested(100'000) + "}"));
  CHECK(is_json_object("{\"a\":" + nested(900) + "}"));
  const auto value_in_arrays = [](std::size_t depth) {
    return "{\"a\":" + std::string(depth, '[') + "1" + std::string(depth, ']') + "}";
  };
  CHECK(is_json_object(value_in_arrays(999)));
  CHECK_FALSE(is_json_object(value_in_arrays(1000)));
  CHECK(is_json_object("{\"a\":" + nested(1000) + "}"));
}

TEST_CASE("every prefix of a record is refused or the record") {
  const std::string line = R"({"key":"a\n","value":[1,{"x":"y"}],"z":null})";
  for (std::size_t bytes = 0; bytes < line.size(); ++bytes) {
    CHECK(parse(line.substr(0, bytes)).records.empty());
    CHECK(parse(line.substr(0, bytes) + "\n").bad.size() == 1);
  }
}

TEST_CASE("what it takes to parse a line of a megabyte is out of the budget, and given back") {
  const JsonFields fields{parse_json_path("key"), parse_json_path("value")};
  const std::string line = R"({"key":"\u0041","value":")" + std::string(1 << 20, 'v') + "\"}\n";
  const std::string text = line + R"({"key":"b","value":1})" + "\n" + line;
  for (const std::uint64_t more : {std::uint64_t{5} << 20, std::uint64_t{7} << 20}) {
    MemoryBudget budget((std::uint64_t{4} << 20) + more);
    Block block(text.size(), budget);
    fill(block, text, fields);
    const std::uint64_t used = budget.used_bytes();
    REQUIRE(used == std::uint64_t{4} << 20);
    if (more < 5 * line.size()) {
      CHECK_THROWS_AS(parse_json_lines(block, {}), MemoryLimitError);
    } else {
      CHECK(parse_json_lines(block, {}).records.size() == 3);
    }
    CHECK(budget.used_bytes() == used);
  }
}

TEST_CASE("what we write as JSON Lines we read again, for any block size and mode") {
  const auto field = [](int least) {
    return rc::gen::mapcat(rc::gen::inRange(least, 7), [](int length) {
      return rc::gen::container<std::string>(
          static_cast<std::size_t>(length),
          rc::gen::element('a', '"', '\\', '\n', '\r', '\t', '\0', '{', '}', ',', ' '));
    });
  };
  CHECK(rc::check([&] {
    const auto input = *rc::gen::container<Pairs>(rc::gen::pair(field(1), field(0)));
    const auto block_bytes = *rc::gen::element<std::size_t>(1, 5, 17, 64, 1000);
    const auto mode = *rc::gen::element<std::string>("flow", "serial", "channel", "flow-record", "map");
    std::string text;
    for (const auto& [key, value] : input) append_record<RecordFormat::kJsonLines>(text, key, value);
    const testing::Map map = load(text, block_bytes, mode);
    RC_ASSERT(map.size() == testing::last_values(input).size());
    if (find_mode(mode)->ordered) RC_ASSERT(map == testing::last_values(input));
  }));
}

TEST_CASE("a format is recognised by its name's end, or else by its first line") {
  using Kind = TextFormat::Kind;
  CHECK(kind_of_name("a.csv", ',') == Kind::kCsv);
  CHECK(kind_of_name("a.csv.gz", ',') == Kind::kCsv);
  CHECK(kind_of_name("a.tsv.zst", ',') == Kind::kTsv);
  CHECK(kind_of_name("a.jsonl", ',') == Kind::kJsonLines);
  CHECK(kind_of_name("a.ndjson.lz4", ',') == Kind::kJsonLines);
  CHECK(kind_of_name("A.CSV.Gz", ',') == Kind::kCsv);
  CHECK(kind_of_name("a.tsv.gz", '\t') == Kind::kCsv);
  CHECK(kind_of_name("a.jsonl", '\t') == Kind::kJsonLines);
  CHECK_FALSE(kind_of_name("a.txt", ','));
  CHECK_FALSE(kind_of_name("csv", ','));
  CHECK(kind_of_line(R"({"key":"a,b","value":1})", ',') == Kind::kJsonLines);
  CHECK(kind_of_line("{\"a\":1}\t{\"b\":2}", ',') == Kind::kTsv);
  CHECK(kind_of_line("{\"key\":\"a\",", ',') == Kind::kJsonLines);
  CHECK(kind_of_line(R"(  {"key":"a","value":1})", ',') == Kind::kJsonLines);
  CHECK(kind_of_line(" { \"key\":\"a\",", ',') == Kind::kJsonLines);
  CHECK(kind_of_line(" {a},b", ',') == Kind::kCsv);
  CHECK(kind_of_line("  ,b", ',') == Kind::kCsv);
  CHECK(kind_of_line("{\"a\t1", ',') == Kind::kTsv);
  CHECK(kind_of_line("{}\t", ',') == Kind::kTsv);  // a key and an empty value, not an object and a space
  CHECK(kind_of_line("{\"key\":1,\"value\":2}\t", ',') == Kind::kTsv);
  CHECK(kind_of_line("{a},b", ',') == Kind::kCsv);
  CHECK(kind_of_line("{a,b\t1", ',') == Kind::kTsv);
  CHECK(kind_of_line("a,b", ',') == Kind::kCsv);
  CHECK(kind_of_line("a;b", ',') == Kind::kTsv);
  CHECK(kind_of_line("a;b", ';') == Kind::kCsv);
  CHECK(kind_of_line("a\tb", '\t') == Kind::kCsv);
  CHECK(kind_of_line("a", '\t') == Kind::kCsv);  // one column, or the start of a field in quotes
  CHECK(kind_of_line("", ',') == Kind::kTsv);
}

}  // namespace jsonl_test
