// `shardflow floor`, and `load --floor`, from the command line.
#include <doctest/doctest.h>

#include <nlohmann/json.hpp>

#include "tests/cli_process.hpp"

namespace cli_floor_test {

using namespace testing;

TEST_CASE("the floor of a file and of made-up records stands beside a load of them") {
  const Folder folder;
  const std::string file = folder.write("in", "a\t1\nb\t2\na\t3\n");
  const Outcome text = run({"floor", file, "--rounds", "1"});
  CHECK(text.exit_code == 0);
  CHECK(text.error.empty());
  CHECK(text.out.starts_with("3 records, 2 keys; "));
  const Outcome outcome = run({"floor", "--synthetic", "zipf:records=50k,keys=1k", "--rounds", "3", "--stats", "json"});
  REQUIRE_MESSAGE(outcome.exit_code == 0, outcome.error);
  const auto json = nlohmann::json::parse(outcome.out);
  CHECK(json["records"] == 50'000);
  CHECK(json["rounds"].size() == 3);
  CHECK(json["rounds"][2]["load"]["records"] == 50'000);
  CHECK(json["load_over_floor"].get<double>() > 0);
}

TEST_CASE("a load tells how far it was from the floor, where asked") {
  const Folder folder;
  const std::string file = folder.write("in", "a\t1\nb\t2\na\t3\n");
  CHECK(run({"load", file}).error.find("floor") == std::string::npos);
  CHECK(run({"load", file, "--floor"}).error.find("/record at least; this took ") != std::string::npos);
  const auto json = nlohmann::json::parse(run({"load", file, "--floor", "--stats", "json"}).error);
  CHECK(json["floor_s"].get<double>() > 0);
}

TEST_CASE("the floor of no records is a failure, as comparing over none is") {
  const Folder folder;
  const std::string empty = folder.write("empty", "");
  for (const char* const command : {"floor", "compare"}) {
    const Outcome outcome = run({command, empty, "--rounds", "1"});
    CHECK(outcome.exit_code == 1);
    CHECK(outcome.error == "shardflow: nothing to measure: the input has no records\n");
  }
}

TEST_CASE("what other modes alone have is no option of floor, and may be set for other commands") {
  const Folder folder;
  const std::string file = folder.write("in", "a\t1\n");
  for (const char* const option : {"--workers", "--capacity", "--max-threads"}) {
    CHECK(run({"floor", file, option, "1"}).exit_code == 2);
  }
  CHECK(run(Invocation{{"floor", file, "--rounds", "1"}, "", {{"SHARDFLOW_WORKERS", "2"}}, "", {}}).exit_code == 0);
}

TEST_CASE("what has no floor is refused before anything is read") {
  const Folder folder;
  const std::string gzip = folder.write("in.gz", "\x1f\x8b\x08 and so on");
  const std::string empty = folder.write("empty", "");
  const std::string csv = folder.write("csv", "a,1\n");
  const std::string json = folder.write("in.jsonl", "{\"key\":\"a\",\"value\":1}\n");
  const std::string tsv = folder.write("in.tsv", "a\t1\n");
  const std::string no_tsv = "the floor is measured on TSV, where separators are TABs, and '";
  const std::vector<std::pair<std::vector<std::string>, std::string>> cases{
      {{"floor", "-"}, "the floor is measured on files that can be read again: '-' won't do"},
      {{"floor", "/dev/null"}, "the floor is measured on regular files, and '/dev/null' is none"},
      {{"floor", gzip}, "the floor is measured on plain text, and '" + gzip + "' is gzip"},
      {{"load", "--floor", gzip}, "the floor is measured on plain text, and '" + gzip + "' is gzip"},
      {{"floor", csv}, no_tsv + csv + "' is CSV"},
      {{"floor", tsv, json}, no_tsv + json + "' is JSON Lines"},
      {{"load", "--floor", "--delimiter", "tab", tsv}, no_tsv + tsv + "' is CSV"},
      {{"load", "--floor", "--records", "1", empty},
       "--floor is that of whole files; shardflow floor takes --synthetic"},
  };
  for (const auto& [arguments, message] : cases) {
    const Outcome outcome = run(arguments);
    CHECK(outcome.exit_code == 2);
    CHECK(outcome.error == "shardflow: " + message + "\n");
  }
  const Outcome absent = run({"floor", folder.path("absent")});
  CHECK(absent.exit_code == 1);
  CHECK(absent.error == "shardflow: " + folder.path("absent") + ": cannot be read: No such file or directory\n");
  for (const char* const option : {"--latency", "--rate"}) {
    CHECK(run({"floor", "x", option, "1"}).error.find("unrecognised option") != std::string::npos);
  }
}

}  // namespace cli_floor_test
