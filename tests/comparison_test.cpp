// What `compare` prints, from samples that are given.
#include "app/comparison.hpp"

#include <doctest/doctest.h>

#include <nlohmann/json.hpp>
#include <sstream>

#include "app/child.hpp"
#include "app/commands.hpp"
#include "app/terminal.hpp"

namespace comparison_test {

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
      "mode             user ns   system ns     voluntary    forced     peak MB\n"
      "channel *           1500         500           123      0.00         300\n"
      "flow                30.0        10.0          2.47      0.00         300\n"
      "voluntary (a thread waits) and forced: context switches per 1,000 records\n"
      "\n"
      "* too slow for all of it: the first 100,000 records\n";
  CHECK(comparison_text(example()) == expected);
}

TEST_CASE("one round has no interval, and shows none") {
  Comparison comparison = example();
  for (ModeSamples& mode : comparison.modes) mode.samples.resize(1);
  const std::string text = comparison_text(comparison);
  CHECK(text.find("; one round\n") != std::string::npos);
  CHECK(text.find("mode           ns/record    speed-up\n"
                  "channel *           1000        1.00\n"
                  "flow                25.0        40.0\n") != std::string::npos);
  CHECK(text.find("interval") == std::string::npos);
}

TEST_CASE("what ended a comparison early is said, with how wide its intervals are") {
  Comparison comparison = example();
  comparison.modes[1].samples[0].ns_per_record /= 2;
  comparison.stop = Stop::kOutOfTime;
  CHECK(comparison_text(comparison).find("stopped at --max-time; the widest interval of a speed-up is ±50 %\n") !=
        std::string::npos);
  CHECK(nlohmann::json::parse(comparison_json(comparison))["stopped_by"] == "--max-time");
  for (ModeSamples& mode : comparison.modes) mode.samples.resize(1);
  comparison.stop = Stop::kInterrupted;
  CHECK(comparison_text(comparison).find("\nstopped by a signal\n") != std::string::npos);
  CHECK(nlohmann::json::parse(comparison_json(example()))["stopped_by"].is_null());
}

TEST_CASE("small numbers keep two digits that say something") {
  CHECK(short_number(0) == "0.00");
  CHECK(short_number(0.051) == "0.051");
  CHECK(short_number(0.0004) == "0.00040");
  CHECK(short_number(0.000012) == "0.000012");
  CHECK(short_number(0.0000012) == "1.2e-06");
  CHECK(plural(1, "round") == "1 round");
  CHECK(plural(1200, "round") == "1,200 rounds");
}

TEST_CASE("a mode that made another map than the oracle is found out") {
  const shardflow::Mode& flow = *shardflow::find_mode("flow");
  const shardflow::Mode& tasks = *shardflow::find_mode("tasks");
  Sample right;
  right.records = 10;
  right.keys = 5;
  right.digest = "abc";
  const auto with = [&](auto field, auto value) {
    Sample sample = right;
    sample.*field = value;
    return sample;
  };
  CHECK_NOTHROW(verify(flow, right, right));
  CHECK_THROWS_WITH(verify(flow, with(&Sample::digest, "abd"), right),
                    "mode flow gave another map than serial: 5 keys, digest abd, in place of 5, abc");
  CHECK_THROWS(verify(flow, with(&Sample::keys, 4u), right));
  CHECK_THROWS(verify(tasks, with(&Sample::records, 9u), right));
  CHECK_THROWS(verify(tasks, with(&Sample::keys, 6u), right));
  // Any value of a repeated key may be the last one without order; where no key repeats, the map has to be the same.
  CHECK_NOTHROW(verify(tasks, with(&Sample::digest, "abd"), right));
  const Sample unique = with(&Sample::keys, 10u);
  Sample wrong = unique;
  wrong.digest = "abd";
  CHECK_THROWS(verify(tasks, wrong, unique));
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

TEST_CASE("a command line can be typed again: what a shell would read is quoted, variables stand before it") {
  CHECK(
      shardflow::app::command_line("compare", {"a b.tsv", "--modes", "flow"}, {"SHARDFLOW_KEY=a b", "SHARDFLOW_X=1"}) ==
      "SHARDFLOW_KEY='a b' SHARDFLOW_X=1 shardflow compare 'a b.tsv' --modes flow");
}

}  // namespace comparison_test
