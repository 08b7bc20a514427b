// What `load` prints about a run that is given.
#include <doctest/doctest.h>

#include <sstream>

#include "app/statistics.hpp"

namespace load_statistics_test {

using namespace shardflow;
using namespace shardflow::app;

namespace {

// Of a run that took longer than most.
LoadStatistics example(std::size_t shards) {
  LoadStatistics s;
  s.mode = "flow";
  s.threads = 128;
  s.block_bytes = 1 << 20;
  s.blocks = 512;
  s.run.records = 1'000'000'000;
  s.run.bytes = 24'000'000'000;
  s.run.skipped = 12'345'678;
  s.usage = {123.456, 1234.567, 123.456, 1'234'567, 123'456};
  s.keys = 123'456'789;
  s.memory = {4'000'000'000, 4'000'000'000, 1'000'000'000, 9'000'000'000};
  s.shard_records.assign(shards, 0);
  s.shard_keys.assign(shards, 0);
  s.shard_records.back() = s.run.records;
  s.shard_keys.back() = s.keys;
  s.peak_resident_bytes = 123'400'000'000;
  s.anonymous = {123'400'000'000, 0};
  s.floor = Floor{0.5, 0.5, 0.5, 0.5, 0.5};
  return s;
}

}  // namespace

TEST_CASE("the statistics of a long run over skewed shards keep within 80 columns") {
  for (const unsigned shards : {1U, 5U, 64U, 65'536U}) {
    std::istringstream lines(statistics_text(example(shards), true, false));
    for (std::string line; std::getline(lines, line);) CHECK_MESSAGE(line.size() <= 80, line);
  }
  LoadStatistics slow = example(64);
  slow.run.records = 2;
  slow.floor = Floor{0.0019, 0, 0, 0, 0};
  const std::string text = asked_text(slow);
  CHECK(text == "  floor     this machine needs 950 us/record at least; this took 64977 x that\n");
  CHECK(text.size() <= 81);
}

TEST_CASE("what is too long for a line goes on in the next, behind no label and between what commas part") {
  LoadStatistics s = example(4);
  s.run.latency.record(42'500);
  const std::string text = statistics_text(s, false, false);
  CHECK(text.find("\n  cpu       1234.567 s user, 123.456 s system; 1,234,567 voluntary,\n"
                  "            123,456 forced switches\n") != std::string::npos);
  CHECK(text.find(", 99.9 % 42.5 us,\n            max 42.5 us\n") != std::string::npos);
}

TEST_CASE("shards are called skewed where the fullest has more than four times the mean") {
  const std::string five = statistics_text(example(5), false, false);
  CHECK(five.find("\n  shards    5, the fullest 5.00 x the mean\n  skewed    a few keys") != std::string::npos);
  CHECK(statistics_text(example(4), false, false).find("skewed") == std::string::npos);
}

TEST_CASE("a shard's number stands apart from its keys, however long it is") {
  const std::string text = statistics_text(example(10'001), true, false);
  CHECK(text.find("\n  shard 1000 0 keys, 0 records written\n") != std::string::npos);
  CHECK(text.find("\n  shard 10000 123,456,789 keys, 1,000,000,000 records written\n") != std::string::npos);
}

}  // namespace load_statistics_test
