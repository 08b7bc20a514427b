// Made-up input, and the numbers that describe it.
#include "pipeline/input/synthetic.hpp"

#include <doctest/doctest.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <stdexcept>
#include <string>

#include "pipeline/quantity.hpp"
#include "tests/testing.hpp"

namespace synthetic_test {

using namespace shardflow;

namespace {

std::string make(const std::string& spec) {
  SyntheticRecords records(SyntheticSpec::parse(spec));
  std::string text;
  while (records.append_next(text)) continue;
  return text;
}

// How often each key comes.
std::map<std::string, int> counts(const std::string& spec) {
  std::map<std::string, int> counts;
  for (const auto& [key, value] : testing::parse(make(spec)).records) ++counts[key];
  return counts;
}

}  // namespace

TEST_CASE("sequential keys come in turn, and a value tells its record") {
  CHECK(make("sequential:records=3") == "key0\tvalue0\nkey1\tvalue1\nkey2\tvalue2\n");
  CHECK(make("sequential:records=3,keys=2") == "key0\tvalue0\nkey1\tvalue1\nkey0\tvalue2\n");
  CHECK(make("sequential:records=0").empty());
}

TEST_CASE("keys and values are padded with zeros to the length asked for, and never cut") {
  CHECK(make("sequential:records=1,key-bytes=6,value-bytes=8") == "key000\tvalue000\n");
  CHECK(make("sequential:records=1,key-bytes=2,value-bytes=2") == "key0\tvalue0\n");
}

TEST_CASE("a seed's bytes are the same on every machine") {
  CHECK(make("uniform:records=4,keys=1000,seed=42") ==
        "key755\tvalue0\nkey639\tvalue1\nkey752\tvalue2\nkey136\tvalue3\n");
  CHECK(make("zipf:records=4,keys=1000,seed=42") == "key3\tvalue0\nkey8\tvalue1\nkey3\tvalue2\nkey371\tvalue3\n");
}

TEST_CASE("uniform keys are even") {
  // 100,000 draws over 10 keys: 10,000 each, deviation 95; five deviations are no accident.
  for (const auto& [key, count] : counts("uniform:records=100k,keys=10")) CHECK(std::abs(count - 10'000) < 475);
}

TEST_CASE("the i-th key of zipf comes as often as 1 / i^skew") {
  for (const double skew : {0.5, 0.99, 1.0, 1.5}) {
    const auto seen = counts("zipf:records=200k,keys=1000,skew=" + std::to_string(skew));
    double sum = 0;
    for (int i = 1; i <= 1000; ++i) sum += std::pow(i, -skew);
    for (const int rank : {1, 2, 3, 10, 100}) {
      const double expected = 200'000 * std::pow(rank, -skew) / sum;
      const auto found = seen.find("key" + std::to_string(rank - 1));
      REQUIRE(found != seen.end());
      CHECK(std::abs(found->second - expected) < 5 * std::sqrt(expected));
    }
  }
}

TEST_CASE("few hot keys take their share") {
  const auto seen = counts("few-hot-keys:records=100k,keys=1000,hot-keys=4,hot-share=0.8");
  int hot = 0;
  for (int i = 0; i < 4; ++i) hot += seen.at("key" + std::to_string(i));
  CHECK(std::abs(hot - 80'080) < 700);  // 80 % and 0.4 % of the rest; deviation 126
}

TEST_CASE("a spec that says nothing or nonsense is refused with what would be right") {
  for (const char* const spec : {"", "zip", "zipf:records", "zipf:records=x", "zipf:size=1", "zipf:skew=-1",
                                 "zipf:skew=inf", "zipf:key-bytes=2M", "zipf:records=1,", "zipf:,records=1",
                                 "zipf:records=1,records=1", "few-hot-keys:hot-share=1.1"}) {
    CHECK_THROWS_AS(SyntheticSpec::parse(spec), std::invalid_argument);
  }
  for (const char* const spec : {"zipf", "zipf:", "few-hot-keys:hot-share=1,hot-keys=2,records=1"}) {
    CHECK_NOTHROW(SyntheticSpec::parse(spec));
  }
}

TEST_CASE("a parameter that another distribution has is refused, as it would do nothing") {
  CHECK_THROWS_WITH(SyntheticSpec::parse("uniform:skew=1"), "'skew' is of zipf alone");
  CHECK_THROWS_WITH(SyntheticSpec::parse("zipf:hot-keys=1"), "'hot-keys' is of few-hot-keys alone");
  CHECK_THROWS_WITH(SyntheticSpec::parse("sequential:hot-share=1"), "'hot-share' is of few-hot-keys alone");
}

TEST_CASE("the first records of a spec are those it begins with, over as many keys") {
  for (const char* const text : {"sequential:records=1k", "zipf:records=1k", "few-hot-keys:records=1k,hot-keys=400",
                                 "uniform:records=1k,keys=77"}) {
    const SyntheticSpec spec = SyntheticSpec::parse(text);
    const auto lines = [](const SyntheticSpec& of) {
      SyntheticRecords records(of);
      std::string made;
      while (records.append_next(made)) continue;
      return made;
    };
    const std::string all = lines(spec);
    const std::string first = lines(spec.first(100));
    CHECK(std::ranges::count(first, '\n') == 100);
    CHECK(all.starts_with(first));
    CHECK(lines(spec.first(5000)) == all);
  }
}

TEST_CASE("a spec without keys has as many as records, when that is changed too") {
  SyntheticSpec spec = SyntheticSpec::parse("sequential:records=2k");
  spec.records = 5000;
  CHECK(spec.key_count() == 5000);
  CHECK(SyntheticSpec::parse("sequential:records=0").key_count() == 1);
}

TEST_CASE("the synthetic file holds just what the records make, from its start") {
  const Descriptor file = synthetic_file(SyntheticSpec::parse("uniform:records=100k"));
  const std::string expected = make("uniform:records=100k");
  std::string text(expected.size() + 1, '\0');
  std::size_t got = 0;
  for (ssize_t n; (n = read(file.number(), text.data() + got, text.size() - got)) > 0;)
    got += static_cast<std::size_t>(n);
  CHECK(text.substr(0, got) == expected);
}

TEST_CASE("zipf's keys may be as many as a double tells apart, others' as many as 64 bits can count") {
  for (const char* const text :
       {"zipf:records=1000,keys=9007199254740992,skew=0.001", "uniform:records=1000,keys=18446744073709551615"}) {
    const std::string made = make(text);
    CHECK(std::ranges::count(made, '\n') == 1000);
  }
  const std::string refused = "zipf has at most 9007199254740992 keys (2^53), not 9007199254740993";
  CHECK_THROWS_WITH_AS(SyntheticSpec::parse("zipf:keys=9007199254740993"), refused.c_str(), std::invalid_argument);
  CHECK_THROWS_WITH_AS(SyntheticSpec::parse("zipf:records=9007199254740993"), refused.c_str(), std::invalid_argument);
  CHECK_NOTHROW(SyntheticSpec::parse("zipf:records=9007199254740993,keys=10"));
  SyntheticSpec spec = SyntheticSpec::parse("zipf");
  spec.records = 9'007'199'254'740'993;
  CHECK_THROWS_WITH_AS(SyntheticRecords{spec}, refused.c_str(), std::invalid_argument);
}

TEST_CASE("counts and sizes are read as people write them, and nothing else is") {
  CHECK(parse_count("0") == 0);
  CHECK(parse_count("5M") == 5'000'000);
  CHECK(parse_count("1.5k") == 1500);
  CHECK(parse_count("4.1M") == 4'100'000);  // as a double, times 1e6, a little less
  CHECK(parse_count("2.010k") == 2010);
  CHECK(parse_count("9007199254740993") == 9'007'199'254'740'993);  // no double
  CHECK(parse_count("18446744073709551615") == UINT64_MAX);
  CHECK(parse_count("18446744073.709551615G") == UINT64_MAX);
  CHECK(parse_bytes("16.1MB") == 16'100'000);
  CHECK(parse_bytes("0.5KiB") == 512);
  CHECK(parse_bytes("64MiB") == 64 << 20);
  CHECK(parse_bytes("4K") == 4096);
  CHECK(parse_bytes("1kB") == 1000);
  CHECK(parse_bytes("17") == 17);
  for (const char* const text :
       {"", "M", "-1", "-0", "+1", "1.5", "1.0005k", "1.k", ".k", "5m", "5 M", "1e1", "1e30", "nan", "inf", "0x10",
        "18446744073709551616", "18446744073.709551616G", "0.00000000000000000001G"}) {
    CHECK_THROWS_AS(parse_count(text), std::invalid_argument);
  }
  CHECK_THROWS_AS(parse_bytes("1KB"), std::invalid_argument);
}

TEST_CASE("a size is written so that it reads back") {
  for (const std::uint64_t bytes : {0ull, 1ull, 1000ull, 1024ull, 256ull << 10, 3ull << 20, 5ull << 30}) {
    CHECK(parse_bytes(format_bytes(bytes)) == bytes);
  }
  CHECK(format_bytes(256 << 10) == "256KiB");
}

}  // namespace synthetic_test
