// What `compare` prints, from samples that are given.
#include "app/comparison.hpp"

#include <doctest/doctest.h>

#include <nlohmann/json.hpp>
#include <sstream>

using namespace shardflow::app;

namespace {

Comparison example() {
  Comparison comparison;
  comparison.command = "shardflow compare example.tsv";
  comparison.threads = 2;
  comparison.shards = 8;
  comparison.records = 5'000'000;
  comparison.keys = 4'000'000;
  comparison.prefix_records = 100'000;
  comparison.modes = {{"channel", true, {}}, {"flow", false, {}}};
  for (int round = 0; round < 7; ++round) {
    Sample slow;
    slow.ns_per_record = 1000 + 10 * round;
    slow.user_s = 0.15;
    slow.system_s = 0.05;
    slow.voluntary_switches = 12'345;
    slow.peak_resident_bytes = 300'000'000;
    slow.records = 100'000;
    comparison.modes[0].samples.push_back(slow);
    Sample fast = slow;
    fast.ns_per_record = slow.ns_per_record / 40;
    fast.records = 5'000'000;
    comparison.modes[1].samples.push_back(fast);
  }
  return comparison;
}

}  // namespace

TEST_CASE("a speed-up is the median of the rounds' ratios to the first mode") {
  const SpeedUp gain = speed_up(example(), 1);
  CHECK(gain.median == doctest::Approx(40));
  CHECK(gain.interval.low == doctest::Approx(40));
  CHECK(gain.uncertainty() == doctest::Approx(0));
}

TEST_CASE("the tables show each mode with its interval, and mark what ran on a part") {
  const std::string expected =
      "5,000,000 records, 4,000,000 keys; 2 threads, 8 shards; medians of 7 rounds\n"
      "speed-up: channel's time over the mode's, round by round; all maps were checked\n"
      "\n"
      "mode           ns/record     98 % interval    speed-up     98 % interval\n"
      "channel *           1030      1000 to 1060        1.00\n"
      "flow                25.8      25.0 to 26.5        40.0      40.0 to 40.0\n"
      "\n"
      "mode             user ns   system ns    switches    forced   peak MB\n"
      "channel *           1500         500       12345         0       300\n"
      "flow                30.0        10.0       12345         0       300\n"
      "\n"
      "* too slow for all of it: the first 100,000 records\n";
  CHECK(comparison_text(example()) == expected);
}

TEST_CASE("a command line that is not UTF-8 is JSON all the same") {
  Comparison comparison = example();
  comparison.command = "shardflow compare \xff.tsv";
  CHECK(nlohmann::json::parse(comparison_json(comparison))["command"] == "shardflow compare \xef\xbf\xbd.tsv");
}

TEST_CASE("latencies are a table of their own, medians over the rounds") {
  Comparison comparison = example();
  for (ModeSamples& mode : comparison.modes) {
    std::uint64_t ns = 100;
    for (Sample& sample : mode.samples) {
      sample.latency = {1000, ns, 10 * ns, 1234 * ns, 100'000 * ns, 20'000'000 * ns};
      ns += 100;
    }
  }
  const std::string text = comparison_text(comparison);
  CHECK(text.find("\nlatency               50 %        90 %        99 %      99.9 %         max\n"
                  "channel *           400 ns     4.00 us      494 us     40.0 ms      8.00 s\n") != std::string::npos);
  const auto json = nlohmann::json::parse(comparison_json(comparison));
  CHECK(json["modes"][1]["samples"][2]["latency"]["p99_ns"] == 300 * 1234);
}

TEST_CASE("times are written with three digits and the unit that fits") {
  CHECK(human_ns(0) == "0 ns");
  CHECK(human_ns(999.4) == "999 ns");
  CHECK(human_ns(999.6) == "1.00 us");
  CHECK(human_ns(12'340) == "12.3 us");
  CHECK(human_ns(123'400'000) == "123 ms");
  CHECK(human_ns(9.99e12) == "9990 s");
}

TEST_CASE("the JSON has a schema version, the environment and every sample") {
  const auto json = nlohmann::json::parse(comparison_json(example()));
  CHECK(json["schema"] == 1);
  CHECK(json["kind"] == "comparison");
  CHECK(json["command"] == "shardflow compare example.tsv");
  CHECK(json["environment"].contains("huge_pages"));
  REQUIRE(json["modes"].size() == 2);
  CHECK(json["modes"][0]["prefix_only"] == true);
  CHECK(json["modes"][1]["samples"].size() == 7);
  CHECK(json["modes"][1]["speed_up"]["median"].get<double>() == doctest::Approx(40));
}
