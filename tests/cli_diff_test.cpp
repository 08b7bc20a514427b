// `shardflow diff`, from the command line.
#include <doctest/doctest.h>

#include <nlohmann/json.hpp>

#include "tests/cli_process.hpp"

namespace cli_diff_test {

using namespace testing;

TEST_CASE("equal files are exit code 0, different ones 1, with the counts on standard output") {
  const Folder folder;
  const std::string before = folder.write("old", "a\t1\nb\t2\nc\t3\n");
  const std::string same = folder.write("same", "c\t3\nb\t0\na\t1\nb\t2\n");
  const std::string after = folder.write("new", "a\t1\nb\t9\nd\t4\n");
  const Outcome equal = run({"diff", before, same});
  CHECK(equal.exit_code == 0);
  CHECK(equal.out == "added    0\nremoved  0\nchanged  0\nsame     3\n");
  const Outcome different = run({"diff", before, after});
  CHECK(different.exit_code == 1);
  CHECK(different.out == "added    1\nremoved  1\nchanged  1\nsame     1\n");
  CHECK(different.error.empty());
  const Outcome json = run({"diff", before, "-", "--stats", "json"}, "a\t1\n");
  CHECK(json.exit_code == 1);
  CHECK(nlohmann::json::parse(json.out)["removed"] == 2);
  CHECK(run({"diff", before, after, "-q"}).out.empty());
}

TEST_CASE("the differences go where --output says, the counts never between them") {
  const Folder folder;
  const std::string before = folder.write("old", "a\t1\n");
  const std::string after = folder.write("new", "a\t2\n");
  CHECK(run({"diff", before, after, "--output", folder.path("changes.csv")}).exit_code == 1);
  CHECK(folder.read("changes.csv") == "change,key,old,new\nchanged,a,1,2\n");
  const Outcome out = run({"diff", before, after, "--output", "-"});
  CHECK(out.out == "changed\ta\t1\t2\n");
  CHECK(out.error.starts_with("added    0\n"));
  CHECK(run({"diff", before, after, "--output", "-", "-q"}).error.empty());
  CHECK(nlohmann::json::parse(
            run({"diff", before, after, "--output", "-", "-q", "--stats", "json"}).error)["changed"] == 1);
}

TEST_CASE("the differences never replace what was compared") {
  const Folder folder;
  const std::string before = folder.write("old", "a\t1\n");
  const std::string after = folder.write("new", "a\t2\n");
  for (const std::string& file : {before, after}) {
    const Outcome outcome = run({"diff", before, after, "--output", file});
    CHECK(outcome.exit_code == 2);
    CHECK(outcome.error == "shardflow: --output would replace an input: " + file + "\n");
  }
  CHECK(folder.read("old") == "a\t1\n");
}

TEST_CASE("trouble is 2, as diff(1) has it, and bad input 3") {
  const Folder folder;
  const std::string good = folder.write("good", "a\t1\n");
  const Outcome missing = run({"diff", good, folder.path("none")});
  CHECK(missing.exit_code == 2);
  CHECK(missing.error == "shardflow: " + folder.path("none") + ": cannot be read: No such file or directory\n");
  CHECK(run({"diff", good, folder.write("bad", "x\n")}).exit_code == 3);
  CHECK(run({"diff", good}).error == "shardflow: diff compares two files: OLD and NEW\n");
  CHECK(run({"diff", "-", "-"}).exit_code == 2);
  // And so is a difference that can't be written.
  const Outcome unwritten = run({"diff", good, folder.write("raw", "a\t\xff\n"), "-q", "-o", folder.path("x.jsonl")});
  CHECK(unwritten.exit_code == 2);
  CHECK(unwritten.error ==
        "shardflow: the record of key \"a\" can't be written: it is not UTF-8, which JSON must be\n");
}

TEST_CASE("both files together are within --max-memory, which is what is told") {
  const Folder folder;
  const std::string file = folder.path("m.tsv");
  REQUIRE(run({"generate", "sequential:records=20k", "--output", file}).exit_code == 0);
  const std::vector<std::string> words{"diff", file, file, "-q", "--shards", "1", "--blocks", "8", "--max-memory"};
  const auto within = [&](const std::string& limit) {
    std::vector<std::string> arguments = words;
    arguments.push_back(limit);
    return run(arguments);
  };
  CHECK(run({"load", file, "-q", "--shards", "1", "--blocks", "8", "--max-memory", "4MiB"}).exit_code == 0);
  const Outcome refused = within("4MiB");
  CHECK(refused.exit_code == 2);
  CHECK_MESSAGE(refused.error.find(", the limit is 4 MiB; raise it with --max-memory") != std::string::npos,
                refused.error);
  CHECK(within("64MiB").exit_code == 0);
}

TEST_CASE("what is skipped is told for each file, and its records are kept") {
  const Folder folder;
  const std::string before = folder.write("old", "a\t1\nbad\nworse\n");
  const std::string after = folder.write("new", "a\t1\n\t2\n");
  const std::string rejects = folder.path("rejects.csv");
  const Outcome told = run({"diff", before, after, "--on-error", "skip", "--rejects", rejects});
  CHECK(told.exit_code == 0);
  CHECK(told.out == "added    0\nremoved  0\nchanged  0\nsame     1\nskipped  2 bad records of " + before +
                        "\nskipped  1 bad record of " + after + "\n");
  CHECK(folder.read("rejects.csv") == "file,line,byte,reason,record\n" + before + ",2,4,no TAB in the line,bad\n" +
                                          before + ",3,8,no TAB in the line,worse\n" + after +
                                          ",2,4,the key is empty,\t2\n");
  const Outcome json = run({"diff", before, after, "--on-error", "skip", "--stats", "json"});
  CHECK(nlohmann::json::parse(json.out)["skipped_old"] == 2);
  CHECK(nlohmann::json::parse(json.out)["skipped_new"] == 1);
  CHECK(run({"diff", before, after, "--on-error", "skip", "--rejects", before}).exit_code == 2);
  // The limit is on both together.
  const auto at_most = [&](const char* errors) {
    return run({"diff", before, after, "-q", "--on-error", "skip", "--max-errors", errors});
  };
  CHECK(at_most("3").exit_code == 0);
  CHECK(at_most("2").exit_code == 3);
  CHECK(at_most("2").error == "shardflow: more than 2 bad records (--max-errors), the last: " + after +
                                  ":2 (byte 4): the key is empty: \"\\t2\"\n");
}

TEST_CASE("the differences are sorted and separated as asked for, and no option is there for nothing") {
  const Folder folder;
  const std::string before = folder.write("old.csv", "c;1\na;1\n");
  const std::string after = folder.write("new.csv", "b;2\nd;2\na;3\n");
  CHECK(run({"diff", before, after, "-q", "--delimiter", ";", "--sort", "-o", folder.path("x.csv")}).exit_code == 1);
  CHECK(folder.read("x.csv") == "change;key;old;new\nchanged;a;1;3\nadded;b;;2\nremoved;c;1;\nadded;d;;2\n");
  // A field in the other is no trouble, as no record of the input is written.
  const std::string one = folder.write("one.jsonl", R"({"user":{"name":"x"}})");
  const std::string two = folder.write("two.jsonl", R"({"user":{"name":"y"}})");
  CHECK(run({"diff", one, two, "-q", "--key", "user", "--value", "user.name", "--sort", "-o", folder.path("x.jsonl")})
            .exit_code == 1);
  CHECK(folder.read("x.jsonl") == R"({"change":"removed","key":"{\"name\":\"x\"}","old":"x"})"
                                  "\n"
                                  R"({"change":"added","key":"{\"name\":\"y\"}","new":"y"})"
                                  "\n");
  CHECK(run({"diff", before, after, "--sort"}).error == "shardflow: --sort orders --output, which is missing\n");
  for (const char* const option : {"--synthetic", "--workers", "--capacity", "--max-threads"}) {
    CHECK(run({"diff", "--help"}).out.find(option) == std::string::npos);
    CHECK(run({"diff", before, after, option, "2"}).exit_code == 2);
  }
}

}  // namespace cli_diff_test
