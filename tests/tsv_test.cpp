#include "pipeline/input/tsv.hpp"

#include <doctest/doctest.h>
#include <rapidcheck.h>

#include <string>

#include "tests/testing.hpp"

namespace tsv_test {

using namespace shardflow;
using testing::Pairs;
using testing::parse;

namespace {

struct Refusal {
  Flaw flaw;
  std::uint32_t offset;
  std::uint64_t line;
};

void check_refused(const std::string& text, const Refusal& expected, std::uint32_t max_record_bytes = UINT32_MAX) {
  CAPTURE(text);
  const auto bad = parse(text, max_record_bytes).bad;
  REQUIRE(bad);
  CHECK(bad->flaw == expected.flaw);
  CHECK(bad->offset == expected.offset);
  CHECK(bad->line == expected.line);
}

}  // namespace

TEST_CASE("a line is a key, a TAB and a value that goes on to the line's end") {
  CHECK(parse("k\tv\n").records == Pairs{{"k", "v"}});
  CHECK(parse("a\t1\nb\t2\n").records == Pairs{{"a", "1"}, {"b", "2"}});
  CHECK(parse("k\tv\tw\t\n").records == Pairs{{"k", "v\tw\t"}});
  CHECK(parse("k\t\n").records == Pairs{{"k", ""}});
  CHECK(parse("k\t\t\n").records == Pairs{{"k", "\t"}});
  CHECK(parse("").records.empty());
}

TEST_CASE("the last line needs no end") {
  CHECK(parse("k\tv").records == Pairs{{"k", "v"}});
  CHECK(parse("a\t1\nk\t").records == Pairs{{"a", "1"}, {"k", ""}});
}

TEST_CASE("CRLF ends a line as LF does, and any other CR is data") {
  CHECK(parse("k\tv\r\nl\tw\n").records == Pairs{{"k", "v"}, {"l", "w"}});
  CHECK(parse("k\t\r\n").records == Pairs{{"k", ""}});
  CHECK(parse("k\tv\r\r\n").records == Pairs{{"k", "v\r"}});
  CHECK(parse("k\rl\tv\rw\n").records == Pairs{{"k\rl", "v\rw"}});
  CHECK(parse("k\tv\r").records == Pairs{{"k", "v\r"}});
}

TEST_CASE("a line that is no record is refused where it stands, and those before it are kept") {
  check_refused("a\t1\nb\nc\t3\n", {Flaw::kNoTab, 4, 1});
  check_refused("a\t1\n\nc\t3\n", {Flaw::kNoTab, 4, 1});
  check_refused("a\t1\nb", {Flaw::kNoTab, 4, 1});
  check_refused("\tv\n", {Flaw::kEmptyKey, 0, 0});
  check_refused("a\t1\n\t\n", {Flaw::kEmptyKey, 4, 1});
  check_refused("a\t1\n\tlast", {Flaw::kEmptyKey, 4, 1});
  check_refused("a\t1\nkey\tvalue\n", {Flaw::kTooLong, 4, 1}, 8);
  CHECK(parse("a\t1\nb\n").records == Pairs{{"a", "1"}});
  CHECK(parse("key\tvalue\n", 9).records == Pairs{{"key", "value"}});
  // The CR of a line's end does not count, one that is data does.
  CHECK(parse("key\tvalue\r\n", 9).records == Pairs{{"key", "value"}});
  check_refused("key\tvalue\r\n", {Flaw::kTooLong, 0, 0}, 8);
  check_refused("key\tvalue\r", {Flaw::kTooLong, 0, 0}, 9);
  check_refused("key\r\n", {Flaw::kNoTab, 0, 0}, 3);
}

TEST_CASE("lines of every length parse, wherever a 64-byte step or a stride of 4096 bytes cuts them") {
  for (std::size_t before = 0; before < 140; ++before) {
    for (const std::size_t base : {std::size_t{2}, std::size_t{4096 - 70}}) {
      const std::string first(base + before, 'x');
      const Pairs records{{first, "1"}, {"k", std::string(before, 'y')}, {"last", ""}};
      CHECK(parse(testing::to_tsv(records)).records == records);
    }
  }
}

TEST_CASE("a stride of nothing but separators parses") {
  const std::string tabs(10'000, '\t');
  CHECK(parse("k\t" + tabs + "\n").records == Pairs{{"k", tabs}});
}

TEST_CASE("what is joined from random records parses to the same records") {
  CHECK(rc::check([] {
    const auto field = [](int least) {
      return rc::gen::suchThat(rc::gen::container<std::string>(rc::gen::element('a', 'b', '\r', ' ', '\0', '\xff')),
                               [least](const std::string& text) {
                                 return text.size() >= static_cast<std::size_t>(least) && !text.ends_with('\r');
                               });
    };
    const Pairs records = *rc::gen::container<Pairs>(rc::gen::pair(field(1), field(0)));
    RC_ASSERT(parse(testing::to_tsv(records)).records == records);
  }));
}

}  // namespace tsv_test
