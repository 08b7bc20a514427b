// `shardflow load`, from the command line to the exit code.
#include <doctest/doctest.h>
#include <fcntl.h>
#include <grp.h>
#include <poll.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <csignal>
#include <filesystem>
#include <iterator>
#include <nlohmann/json.hpp>
#include <sstream>

#include "pipeline/descriptor.hpp"
#include "pipeline/mode/mode.hpp"
#include "tests/cli_process.hpp"
#include "tests/sanitized.hpp"

namespace cli_load_test {

using namespace testing;
using namespace std::chrono_literals;

namespace {

const std::string kThree = "a\t1\nb\t2\na\t3\n";

nlohmann::json stats_of(std::vector<std::string> arguments, const std::string& input = "") {
  arguments.insert(arguments.end(), {"--stats", "json", "--digest"});
  const Outcome outcome = run(std::move(arguments), input);
  REQUIRE(outcome.exit_code == 0);
  return nlohmann::json::parse(outcome.error);
}

#ifndef __SANITIZE_THREAD__
// The binary where anyone may run it: it may lie where only root can go.
std::string public_copy(const Folder& folder) {
  chmod(folder.path("").c_str(), 0755);
  const std::string copy = folder.path("shardflow");
  std::filesystem::copy_file(binary(), copy);
  chmod(copy.c_str(), 0755);
  return copy;
}

// In the child: root no more, and somebody whose threads nobody else's are counted with.
void become_user() {
  if (setgroups(0, nullptr) != 0 || setgid(61234) != 0 || setuid(61234) != 0) _exit(99);
}
#endif

}  // namespace

TEST_CASE("a digest that was asked for is told also when quiet") {
  const std::string quiet = run({"load", "-", "-q", "--digest"}, kThree).error;
  const std::string all = run({"load", "-", "--digest"}, kThree).error;
  CHECK(quiet.starts_with("  digest"));
  CHECK(all.ends_with(quiet));
  CHECK(std::ranges::count(quiet, '\n') == 1);
}

TEST_CASE("the last value of a key is written, sorted by key") {
  const Outcome outcome = run({"load", "-", "-q", "--sort", "--output", "-"}, "b\t2\na\t1\nb\t3\n\xc3\xa4\tx\nB\ty\n");
  CHECK(outcome.exit_code == 0);
  CHECK(outcome.out == "B\ty\na\t1\nb\t3\n\xc3\xa4\tx\n");
  CHECK(outcome.error.empty());
}

TEST_CASE("keys are looked up in the order asked for, and an absent one is a failure") {
  const Outcome found = run({"load", "-", "-q", "--get", "b", "--get", "a"}, kThree);
  CHECK(found.exit_code == 0);
  CHECK(found.out == "2\n3\n");
  const Outcome absent = run({"load", "-", "-q", "--get", "c"}, kThree);
  CHECK(absent.exit_code == 1);
  CHECK(absent.error == "shardflow: no such key: c\n");
}

TEST_CASE("files are read in the order given, a last line without its end included") {
  const Folder folder;
  const std::string first = folder.write("first", "\xef\xbb\xbfk\t1\nonly\tx");
  const std::string second = folder.write("second", "k\t2\r\n");
  CHECK(run({"load", first, second, "-q", "--get", "k", "--get", "only"}).out == "2\nx\n");
  CHECK(run({"load", second, first, "-q", "--get", "k"}).out == "1\n");
}

TEST_CASE("what is written reads back to the same digest, odd values included") {
  const Folder folder;
  const std::string odd = folder.write("odd", "a\t\nb\tx\ty\t\nc\tends in CR\r\r\n\xef\xbb\xbf\xef\xbb\xbf!\tBOM\n");
  const std::string copy = folder.path("copy");
  const auto digest = stats_of({"load", odd, "--sort", "--output", copy})["digest"];
  CHECK(stats_of({"load", copy})["digest"] == digest);
}

TEST_CASE("every mode, number of shards and of threads ends in the same digest") {
  const Folder folder;
  const std::string file = folder.path("input");
  REQUIRE(run({"generate", "zipf:records=20k,keys=5k", "--output", file}).exit_code == 0);
  const auto serial = stats_of({"load", file, "--mode", "serial"});
  const auto flow = stats_of({"load", file, "--threads", "4", "--shards", "13", "--block-size", "1KiB"});
  CHECK(serial["records"] == 20000);
  CHECK(flow["digest"] == serial["digest"]);
  CHECK(flow["keys"] == serial["keys"]);
}

TEST_CASE("--numa says what it bound, or why nothing" * doctest::skip(testing::kSanitized)) {
  const Outcome outcome = run({"load", "-", "--numa"}, kThree);
  CHECK(outcome.exit_code == 0);
  CHECK(outcome.error.find("\n  numa      ") != std::string::npos);
  CHECK(stats_of({"load", "-", "--numa"}, kThree)["keys"] == 2);
  CHECK(run({"load", "-"}, kThree).error.find("numa") == std::string::npos);
  CHECK(run({"load", "-", "--numa", "--mode", "serial"}, kThree).error.find("only the mode flow") != std::string::npos);
}

TEST_CASE("statistics fit 80 columns and name the figures people ask for") {
  const Outcome outcome = run({"load", "-", "-v", "--digest"}, kThree);
  CHECK(outcome.error.starts_with("3 records, 2 keys in "));
  CHECK(run({"load", "-"}, "a\t1\n").error.starts_with("1 record, 1 key in "));
  for (const char* word : {"/record", "records/s", "system", "bytes a key", "huge pages", "x the mean", "digest"}) {
    CHECK_MESSAGE(outcome.error.find(word) != std::string::npos, word);
  }
  std::istringstream lines(outcome.error);
  for (std::string line; std::getline(lines, line);) CHECK_MESSAGE(line.size() <= 80, line);
}

TEST_CASE("bad input names file, line, byte and the line's start, and writes nothing") {
  const Folder folder;
  const std::string file = folder.write("bad.tsv", "a\t1\nno tab here, and the line goes on and on and on\n");
  const Outcome outcome = run({"load", file, "--output", folder.path("out.tsv")});
  CHECK(outcome.exit_code == 3);
  CHECK(outcome.error == "shardflow: " + file +
                             ":2 (byte 4): no TAB in the line: \"no tab here, and the line goes on and on…\"; "
                             "expected KEY<TAB>VALUE on every line\n");
  CHECK(folder.names() == std::vector<std::string>{"bad.tsv"});
}

TEST_CASE("an empty key, an empty line and a record beyond the limit are bad input") {
  CHECK(run({"load", "-"}, "a\t1\n\tx\n").error.find("-:2 (byte 4): the key is empty") != std::string::npos);
  CHECK(run({"load", "-"}, "a\t1\n\n").error.find("-:2 (byte 4): no TAB") != std::string::npos);
  const Outcome long_record = run({"load", "-", "--max-record", "8"}, "a\t1\nkey\tvalue\n");
  CHECK(long_record.exit_code == 3);
  CHECK(long_record.error.find("-:2 (byte 4): the record is longer than --max-record (8)") != std::string::npos);
}

TEST_CASE("what can't be read is said with its path and the system's reason") {
  const Folder folder;
  const Outcome missing = run({"load", folder.path("none.tsv")});
  CHECK(missing.exit_code == 1);
  CHECK(missing.error == "shardflow: " + folder.path("none.tsv") + ": cannot be read: No such file or directory\n");
  const Outcome directory = run({"load", folder.path("")});
  CHECK(directory.exit_code == 1);
  CHECK(directory.error.find("Is a directory") != std::string::npos);
}

// Not under ThreadSanitizer: its runtime needs threads of its own, and its oneTBB lies in the build folder,
// where another user may not go.
#ifndef __SANITIZE_THREAD__
TEST_CASE("a file without permission is said so") {
  if (geteuid() != 0) return;  // root alone can step down to a user who may not read
  const Folder folder;
  const std::string secret = folder.write("secret", kThree);
  chmod(secret.c_str(), 0600);
  const std::string copy = public_copy(folder);
  Invocation invocation{{}, "", {}, "", {}};
  invocation.in_child = [&] {
    become_user();
    execl(copy.c_str(), copy.c_str(), "load", secret.c_str(), nullptr);
  };
  const Outcome outcome = run(invocation);
  CHECK(outcome.exit_code == 1);
  CHECK(outcome.error == "shardflow: " + secret + ": cannot be opened: Permission denied\n");
}

TEST_CASE("under a limit on processes a run makes do with the threads it gets") {
  if (geteuid() != 0) return;  // root is not bound by the limit
  const Folder folder;
  const std::string copy = public_copy(folder);
  const std::string records = run({"generate", "sequential:records=3k"}).out;
  const auto digest = stats_of({"load", "-", "--mode", "serial"}, records)["digest"];
  for (const char* const mode : {"flow", "channel", "threads", "tasks"}) {
    for (const rlim_t processes : {1ul, 2ul, 3ul, 5ul}) {
      CAPTURE(mode);
      CAPTURE(processes);
      // The leak detector would start a thread of its own.
      Invocation invocation{{}, records, {{"ASAN_OPTIONS", "detect_leaks=0"}}, "", {}};
      invocation.in_child = [&] {
        const rlimit limit{processes, processes};
        setrlimit(RLIMIT_NPROC, &limit);
        become_user();
        execl(copy.c_str(), copy.c_str(), "load", "-", "--mode", mode, "--threads", "8", "--digest", "--stats", "json",
              nullptr);
      };
      const Outcome outcome = run(invocation);
      REQUIRE_MESSAGE(outcome.exit_code == 0, outcome.error);
      CHECK(nlohmann::json::parse(outcome.error)["digest"] == digest);
    }
  }
}
#endif

TEST_CASE("latencies are told when asked, and their distribution is written") {
  const Folder folder;
  const Outcome outcome = run({"load", "-", "--stats", "json", "--rate", "10k", "--hgrm", folder.path("hgrm")}, kThree);
  REQUIRE(outcome.exit_code == 0);
  const auto latency = nlohmann::json::parse(outcome.error)["latency"];
  CHECK(latency["count"] == 3);
  CHECK(latency["p50_ns"] <= latency["max_ns"]);
  CHECK(folder.read("hgrm").find("#[Max") != std::string::npos);
  CHECK(run({"load", "-", "--latency"}, kThree).error.find("\n  latency   50 % ") != std::string::npos);
  CHECK(run({"load", "-"}, kThree).error.find("latency") == std::string::npos);
  CHECK(run({"load", "-", "--rate", "0"}, kThree).exit_code == 2);
}

TEST_CASE("generate at a rate gives the same records, in their time") {
  const auto start = std::chrono::steady_clock::now();
  const Outcome paced = run({"generate", "sequential:records=100", "--rate", "1k"});
  CHECK(std::chrono::steady_clock::now() - start >= std::chrono::milliseconds(99));
  CHECK(paced.out == run({"generate", "sequential:records=100"}).out);
}

TEST_CASE("a full disk is a failure that leaves no file") {
  const Folder folder;
  REQUIRE(run({"generate", "sequential:records=50k", "--output", folder.path("in")}).exit_code == 0);
  Invocation invocation{{"load", folder.path("in"), "-q", "--output", folder.path("out")}, "", {}, "", {}};
  // A limit on file size stands in for the disk: it fails the same write(2).
  invocation.in_child = [] {
    const rlimit limit{4096, 4096};
    setrlimit(RLIMIT_FSIZE, &limit);
  };
  const Outcome outcome = run(invocation);
  CHECK(outcome.exit_code == 1);
  CHECK(outcome.error == "shardflow: " + folder.path("out") + ": writing failed: File too large\n");
  CHECK(folder.names() == std::vector<std::string>{"in"});
}

TEST_CASE("a device that is full is a failure with the system's reason, a pipe that is closed a quiet end") {
  Invocation full{{"load", "-", "-q", "--output", "-"}, kThree, {}, "/dev/full", {}};
  const Outcome outcome = run(full);
  CHECK(outcome.exit_code == 1);
  CHECK(outcome.error == "shardflow: standard output: writing failed: No space left on device\n");

  Invocation closed{{"load", "-", "-q", "--output", "-"}, kThree, {}, "", {}};
  closed.in_child = [] {
    int ends[2];
    if (pipe(ends) != 0) _exit(99);
    dup2(ends[1], STDOUT_FILENO);
    close(ends[0]);
    close(ends[1]);
  };
  for (const char* const command : {"load", "diff"}) {
    closed.arguments = {command, "-", "-q", "--output", "-"};
    if (closed.arguments[0] == "diff") closed.arguments.insert(closed.arguments.begin() + 1, "/dev/null");
    const Outcome quiet = run(closed);
    CHECK(quiet.exit_code == 141);
    CHECK(quiet.error.empty());
  }
}

TEST_CASE("a pipe that does not block gets all of the output, also where its reader is slower") {
  const Folder folder;
  const std::string file = folder.path("in");
  REQUIRE(run({"generate", "sequential:records=200k", "--output", file}).exit_code == 0);
  // As event loops make them, and hand them on to what they start.
  Invocation invocation{{"load", file, "-q", "--sort", "--output", "-"}, "", {}, "", {}};
  invocation.in_child = [] { fcntl(STDOUT_FILENO, F_SETFL, O_WRONLY | O_NONBLOCK); };
  const Outcome outcome = run(invocation);
  CHECK(outcome.exit_code == 0);
  CHECK(outcome.error.empty());
  CHECK(std::ranges::count(outcome.out, '\n') == 200'000);
}

TEST_CASE("a signal stops a run that waits for the reader of a pipe that does not block") {
  const Folder folder;
  const std::string file = folder.path("in");
  REQUIRE(run({"generate", "sequential:records=200k", "--output", file}).exit_code == 0);
  std::array<int, 2> ends{};
  REQUIRE(pipe2(ends.data(), O_CLOEXEC | O_NONBLOCK) == 0);
  const shardflow::Descriptor read_end(ends[0]);
  const shardflow::Descriptor write_end(ends[1]);
  Invocation invocation{{"load", file, "-q", "--output", "-"}, "", {}, "", {}};
  invocation.in_child = [&] { dup2(write_end.number(), STDOUT_FILENO); };
  const Ended ended = run_until_signal(invocation, SIGINT, [&](pid_t) {
    pollfd room{write_end.number(), POLLOUT, 0};
    return poll(&room, 1, 0) == 0;
  });
  CHECK(ended.outcome.exit_code == 130);
}

TEST_CASE("a standard descriptor that is closed is no other file") {
  const Folder folder;
  const std::string in = folder.write("in", kThree);
  const auto run_without = [](std::vector<std::string> arguments, std::vector<int> closed) {
    Invocation invocation{std::move(arguments), "", {}, "", {}};
    invocation.in_child = [closed = std::move(closed)] {
      for (const int number : closed) close(number);
    };
    return run(invocation);
  };
  CHECK(run_without({"load", in, "-o", folder.path("out")}, {0, 1, 2}).exit_code == 0);
  CHECK(run({"load", folder.path("out"), "-q", "--get", "a", "--get", "b"}).out == "3\n2\n");
  CHECK(std::filesystem::file_size(folder.path("out")) == 8);
  for (const std::vector<std::string>& answer : {std::vector<std::string>{"--get", "a"}, {"-o", "-"}}) {
    std::vector<std::string> arguments{"load", in, "-q"};
    arguments.insert(arguments.end(), answer.begin(), answer.end());
    const Outcome outcome = run_without(arguments, {1});
    CHECK(outcome.exit_code == 1);
    CHECK(outcome.error == "shardflow: standard output: writing failed: Bad file descriptor\n");
  }
  CHECK(run_without({"load", "-"}, {0}).error == "shardflow: -: reading failed: Bad file descriptor\n");
}

TEST_CASE("an existing output is replaced whole, and stays as it was when the run fails") {
  const Folder folder;
  folder.write("out", "old\tvalue\n");
  CHECK(run({"load", "-", "-q", "--output", folder.path("out")}, "bad\n").exit_code == 3);
  CHECK(folder.read("out") == "old\tvalue\n");
  CHECK(run({"load", "-", "-q", "--output", folder.path("out")}, "new\t1\n").exit_code == 0);
  CHECK(folder.read("out") == "new\t1\n");
  CHECK(folder.names() == std::vector<std::string>{"out"});
}

TEST_CASE("a signal stops a run that waits for a pipe, within 0.2 s, and leaves no file") {
  const Folder folder;
  for (const auto& [signal, code] : {std::pair{SIGINT, 130}, std::pair{SIGTERM, 143}}) {
    const Ended ended = run_until_signal({"load", "-", "--output", folder.path("out")}, signal, 50ms);
    CHECK(ended.outcome.exit_code == code);
    CHECK(ended.after_signal < 200ms);
    CHECK(folder.names().empty());
  }
}

TEST_CASE("a signal that means nothing leaves the others their meaning") {
  const Ended ended = run_until_signal({"load", "-"}, SIGTERM, 50ms, SIGUSR1);
  CHECK(ended.outcome.exit_code == 128 + SIGTERM);
  CHECK(ended.after_signal < 200ms);
}

TEST_CASE("a signal stops a run in the middle of its work") {
  const Folder folder;
  const std::string file = folder.path("input");
  REQUIRE(run({"generate", "sequential:records=200k", "--output", file}).exit_code == 0);
  std::vector<std::string> arguments{"load", "--output", folder.path("out")};
  arguments.insert(arguments.end(), 4000, file);
  const Ended ended = run_until_signal(arguments, SIGINT, 150ms);
  CHECK(ended.outcome.exit_code == 130);
  CHECK(ended.after_signal < 200ms);
  CHECK(folder.names() == std::vector<std::string>{"input"});
}

TEST_CASE("a store that would outgrow --max-memory is refused with both figures") {
  const Outcome outcome = run({"load", "--synthetic", "sequential:records=500k", "--max-memory", "16MiB"});
  CHECK(outcome.exit_code == 1);
  CHECK(outcome.error.find("the limit is 16 MiB") != std::string::npos);
  CHECK(outcome.error.find("--max-memory") != std::string::npos);
}

TEST_CASE("the output has the format that its name ends in, or the one asked for") {
  const Folder folder;
  const auto output = [&](const std::string& name, std::vector<std::string> more = {}) {
    std::vector<std::string> words{"load", "-", "-q", "--sort", "--output", folder.path(name)};
    words.insert(words.end(), more.begin(), more.end());
    CHECK(run(words, "a\t1,2\nb\t3\n").exit_code == 0);
    return folder.read(name);
  };
  CHECK(output("x.csv") == "a,\"1,2\"\nb,3\n");
  CHECK(output("x.jsonl") == "{\"key\":\"a\",\"value\":\"1,2\"}\n{\"key\":\"b\",\"value\":\"3\"}\n");
  CHECK(output("x.tsv") == "a\t1,2\nb\t3\n");
  CHECK(output("plain") == "a\t1,2\nb\t3\n");
  CHECK(output("x.csv.tsv") == "a\t1,2\nb\t3\n");
  CHECK(output("x.log", {"--output-format", "csv"}) == "a,\"1,2\"\nb,3\n");
  CHECK(output("x.gz").starts_with("\x1f\x8b"));
  CHECK(output("x.csv.zst").starts_with("\x28\xb5\x2f\xfd"));
  CHECK(output("y.csv", {"--output-format", "tsv.gz"}).starts_with("\x1f\x8b"));
  CHECK(run({"load", "-", "--output", "x", "--output-format", "xml"}, "").error ==
        "shardflow: --output-format: 'xml' is none of tsv, csv and jsonl, with or without .gz, .zst or .lz4\n");
  CHECK(output("x.CSV") == "a,\"1,2\"\nb,3\n");
  CHECK(output("x.tsv.LZ4").starts_with("\x04\x22\x4d\x18"));
  CHECK(run({"load", "-", "--output", "x.csv.xz"}, "").error ==
        "shardflow: '.xz' is not written here; take .gz, .zst or .lz4\n");
}

TEST_CASE("a name without a dot has no ending, however it is written") {
  const Folder folder;
  for (const char* const name : {"csv", "./csv", "jsonl"}) {
    Invocation invocation{
        {"load", "-", "-q", "--on-error", "skip", "-o", name, "--rejects", "ndjson"}, "a\t1\nbad\n", {}, "", {}};
    invocation.in_child = [&] {
      if (chdir(folder.path("").c_str()) != 0) _exit(99);
    };
    const Outcome outcome = run(invocation);
    CHECK_MESSAGE(outcome.exit_code == 0, outcome.error);
    CHECK(folder.read(name) == "a\t1\n");
    CHECK(folder.read("ndjson").find('\t') != std::string::npos);
  }
}

TEST_CASE("compressed input is known by its content, and a damaged one is bad input") {
  const Folder folder;
  for (const char* const name : {"x.tsv.gz", "x.tsv.zst", "x.tsv.lz4"}) {
    REQUIRE(run({"load", "-", "-q", "--output", folder.path(name)}, kThree).exit_code == 0);
    const std::string packed = folder.read(name);
    CHECK(run({"load", folder.path(name), "-q", "--get", "b"}).out == "2\n");
    CHECK(run({"load", "-", "-q", "--get", "b"}, packed).out == "2\n");
    const Outcome cut = run({"load", folder.write("plain.tsv", packed.substr(0, packed.size() - 3))});
    CHECK(cut.exit_code == 3);
    CHECK_MESSAGE(cut.error.find("stream can't be decompressed: it is cut off") != std::string::npos, cut.error);
  }
  CHECK(run({"load", folder.path("x.tsv.gz"), "--max-expanded", "5"}).exit_code == 3);
}

TEST_CASE("CSV is read by the columns that are asked for, and compared and swept alike") {
  const Folder folder;
  const std::string file = folder.write("in.csv", "id,name\n1,\"a, b\"\n2,c\n1,d\n");
  CHECK(run({"load", file, "-q", "--header", "--key", "id", "--value", "name", "--get", "1"}).out == "d\n");
  CHECK(run({"load", file, "-q", "--get", "1"}).out == "d\n");
  CHECK(run({"load", file, "-q", "--key", "2", "--value", "1", "--get", "a, b"}).out == "1\n");
  CHECK(run({"load", file, "--key", "id"}).error ==
        "shardflow: " + file + ": this is CSV, where 'id' is a column's name, which takes --header\n");
  for (const char* const number : {"1000001", "4294967296", "99999999999999999999"}) {
    const std::string none = "'" + std::string(number) + "' is no column: their numbers end at 1000000\n";
    CHECK(run({"load", file, "--key", number}).error == "shardflow: " + file + ": this is CSV, where " + none);
    CHECK(run({"load", file, "--value", number, "--format", "csv"}).error == "shardflow: " + none);
  }
  CHECK(run({"load", "-", "-q", "--key", "4294967296", "--get", "a"}, R"({"4294967296":"a","value":"b"})").out ==
        "b\n");
  CHECK(run({"load", file, "--key", "0"}).error == "shardflow: --key: fields are counted from 1\n");
  const std::string years = folder.write("years.csv", "2024,id\nx,1\n");
  CHECK(run({"load", years, "-q", "--header", "--key", "2024", "--value", "2", "--get", "x"}).out == "1\n");
  CHECK(run({"load", years, "--header", "--key", "3"}).error ==
        "shardflow: " + years + ":1: the header has no column '3', but 2024, id\n");
  for (const char* const option : {"--key", "--value", "--delimiter"}) {
    CHECK(run({"load", file, "--format", "tsv", option, "1"}).error ==
          "shardflow: " + std::string(option) + " is not for --format tsv\n");
  }
  CHECK(run({"load", folder.write("plain", "a\t1\n"), "--header"}).error ==
        "shardflow: " + folder.path("plain") +
            ": this looks like TSV, which has no columns to choose; say --format if it is none\n");
  // Where numbers choose nothing, they are refused as names are, also those that the usual columns have.
  for (const std::vector<std::string>& words : {std::vector<std::string>{"--key", "2", "--value", "1"},
                                                {"--key", "1"},
                                                {"--value", "rest"},
                                                {"--value", "b"},
                                                {"--key", "2", "--escape"}}) {
    std::vector<std::string> arguments{"load", "-"};
    arguments.insert(arguments.end(), words.begin(), words.end());
    const Outcome refused = run(arguments, "a\tb\tc\n");
    CHECK(refused.exit_code == 3);
    CHECK(refused.error ==
          "shardflow: -: this looks like TSV, which has no columns to choose; say --format if it is none\n");
  }
  CHECK(run({"load", file, "--delimiter", "ab"}).exit_code == 2);
  CHECK(run({"load", file, "--format", "xml"}).exit_code == 2);
  // What is empty has no columns to look for.
  const std::string empty = folder.write("empty.csv", "");
  CHECK(run({"load", empty, file, "-q", "--header", "--key", "id", "--value", "name", "--get", "1"}).out == "d\n");
  CHECK(run({"load", "-", "--key", "id", "--value", "name"}).exit_code == 0);
  const Outcome compared = run({"compare", file, "--header", "--key", "id", "--value", "rest", "--rounds", "1"});
  CHECK_MESSAGE(compared.out.starts_with("3 records, 2 keys; "), compared.error);
}

TEST_CASE("TSV with columns is read as CSV with TABs, or the options for columns are refused") {
  const Folder folder;
  const std::string text = "v\tid\n\"x y\"\t1\n";
  const std::string file = folder.write("in.tsv", text);
  const std::vector<std::string> columns{"--header", "--key", "id", "--value", "v"};
  const auto load = [&](std::vector<std::string> words, const std::string& input = "") {
    words.insert(words.begin(), {"load", "-q"});
    words.insert(words.end(), columns.begin(), columns.end());
    return run(words, input);
  };
  CHECK(load({file}).error ==
        "shardflow: --key is not for TSV, which all files are by their names; for CSV with TABs say --delimiter tab\n");
  CHECK(load({file, "--delimiter", ";"}).exit_code == 2);
  CHECK(run({"diff", file, file, "--header"}).exit_code == 2);
  CHECK(load({file, "--delimiter", "tab", "--get", "1"}).out == "x y\n");
  CHECK(load({"-", "--delimiter", "tab", "--get", "1"}, text).out == "x y\n");
  // A file of another format may have columns, and a preset or variable may be for another run.
  const std::string csv = folder.write("in.csv", "id,v\n2,z\n");
  CHECK(load({file, csv, "--get", "2"}).out == "z\n");
  CHECK(run(Invocation{{"load", "-q", file}, "", {{"SHARDFLOW_KEY", "id"}}, {}, {}}).exit_code == 0);
  for (const char* const option : {"SHARDFLOW_KEY", "SHARDFLOW_HEADER"}) {
    const std::map<std::string, std::string> another{{option, "1"}};
    CHECK(run(Invocation{{"load", "-q", file, "--format", "tsv", "--get", "v"}, "", another, {}, {}}).out == "id\n");
    const std::vector<std::string> compare{"compare", file,          "--format", "tsv",
                                           "--modes", "serial,flow", "--rounds", "1"};
    CHECK(run(Invocation{compare, "", another, {}, {}}).out.starts_with("2 records, "));
  }
  // What is written so is read so.
  const std::string quoted = folder.write("quoted.tsv", "id\tv\n1\t\"a \"\"b\"\"\"\n");
  CHECK(load({quoted, "--delimiter", "tab", "-o", folder.path("out.tsv")}).exit_code == 0);
  CHECK(folder.read("out.tsv") == "id\tv\n1\t\"a \"\"b\"\"\"\n");
  const std::string two_lines = folder.write("lf.jsonl", R"({"key":"a\nb","value":"1"})");
  REQUIRE(run({"load", two_lines, "-q", "--delimiter", "tab", "-o", folder.path("lf")}).exit_code == 0);
  CHECK(run({"load", folder.path("lf"), "-q", "--delimiter", "tab", "--get", "a\nb"}).out == "1\n");
}

TEST_CASE("with --escape, TSV holds what CSV can hold") {
  const Folder folder;
  const std::string file = folder.write("in.csv", "\"a\tb\",\"c\nd\"\n");
  const Outcome refused = run({"load", file, "-q", "--output", folder.path("out.tsv")});
  CHECK(refused.exit_code == 1);
  CHECK(refused.error.find("or use --escape") != std::string::npos);
  CHECK(folder.names() == std::vector<std::string>{"in.csv"});
  CHECK(run({"load", file, "-q", "--escape", "--output", folder.path("out.tsv")}).exit_code == 0);
  CHECK(folder.read("out.tsv") == "a\\tb\tc\\nd\n");
  CHECK(run({"diff", file, folder.path("out.tsv"), "--escape"}).exit_code == 0);
}

TEST_CASE("a split output is a folder of parts, one for each shard") {
  const Folder folder;
  const std::string parts = folder.path("parts");
  const std::vector<std::string> words{"load", "-", "-q", "--shards", "3", "--split", "shards", "--output", parts};
  REQUIRE(run(words, "a\t1\nb\t2\nc\t3\nd\t4\ne\t5\n").exit_code == 0);
  std::string all;
  for (const char* const name : {"parts/part-00000.tsv", "parts/part-00001.tsv", "parts/part-00002.tsv"}) {
    all += folder.read(name);
  }
  CHECK(std::ranges::count(all, '\n') == 5);
  // Again: the same parts are replaced. With fewer, the last one would stay and be taken for ours.
  CHECK(run(words, "a\t1\n").exit_code == 0);
  const Outcome fewer = run({"load", "-", "-q", "--split", "2", "--output", parts}, "a\t1\n");
  CHECK(fewer.exit_code == 1);
  CHECK(fewer.error ==
        "shardflow: " + parts + "/part-00002.tsv: is a part of another split; remove it, or give another folder\n");
  CHECK(run({"load", "-", "--split", "2", "--output", "-"}, "").exit_code == 2);
  CHECK(run({"load", "-", "--split", "2"}, "").exit_code == 2);
}

TEST_CASE("JSON Lines are read by the fields that are asked for, and compared alike") {
  const Folder folder;
  const std::string file =
      folder.write("in", "{\"user\":{\"id\":1},\"x\":\"a\"}\n{\"user\":{\"id\":1},\"x\":[1, 2]}\n");
  CHECK(run({"load", file, "-q", "--key", "user.id", "--value", "x", "--get", "1"}).out == "[1, 2]\n");
  CHECK(run({"load", file, "-q", "--key", "user.id", "--value", ".", "--get", "1"}).out ==
        "{\"user\":{\"id\":1},\"x\":[1, 2]}\n");
  CHECK(run({"load", file}).error ==
        "shardflow: " + file +
            R"(:1 (byte 0): the object has no "key": "{\"user\":{\"id\":1},\"x\":\"a\"}"; )"
            "expected an object with \"key\" and \"value\" on every line, or others by --key and --value\n");
  CHECK(run({"load", file, "--key", "."}).exit_code == 2);
  CHECK(run({"compare", file, "--key", "user.id", "--value", "x", "--modes", "channel,flow", "--rounds", "2"})
            .exit_code == 0);
}

TEST_CASE("files are named by a list, behind those that are named by hand") {
  const Folder folder;
  const std::string one = folder.write("one", "k\t1\n");
  const std::string two = folder.write("two\nlines", "k\t2\n");
  const std::string list = folder.write("list", "\n" + one + "\n");
  CHECK(run({"load", two, "--files-from", list, "-q", "--get", "k"}).out == "1\n");
  CHECK(run({"load", "-0", "--files-from", "-", "-q", "--get", "k"}, one + std::string(1, '\0') + two).out == "2\n");
  CHECK(run({"load", "--files-from", folder.path("none")}).error ==
        "shardflow: " + folder.path("none") + ": the list of files cannot be read: No such file or directory\n");
  CHECK(run({"load", "--files-from", folder.path("")}).exit_code == 1);
  // A list from Windows, and one that names the input that it comes from.
  CHECK(run({"load", "--files-from", "-", "-q", "--get", "k"}, one + "\r\n").out == "1\n");
  CHECK(run({"load", "--files-from", "-", "-q", "--get", "k"}, "\xef\xbb\xbf" + one + "\r\n").out == "1\n");
  CHECK(run({"load", "--files-from", "-", "-q", "--get", "k"}, "\xef\xbb\xbf\r\n" + one).out == "1\n");
  CHECK(run({"load", "--files-from", "-"}, "-\n").error == "shardflow: '-' can be read once only\n");
  CHECK(run({"load", folder.path("a\rb\n")}).error ==
        "shardflow: " + folder.path("a\\x0db\\x0a") + ": cannot be read: No such file or directory\n");
  CHECK(run({"load", "--null", one}).exit_code == 2);
}

TEST_CASE("bad records are skipped where asked for, and told with their places") {
  const Folder folder;
  const std::string file = folder.write("in.tsv", "a\t1\nbad\n\t2\nb\t" + std::string(90, 'v') + "\nc\t3\nx\\\"y");
  for (const char* const block_size : {"1", "8", "1000"}) {
    const std::string rejects = folder.path("rejects.tsv");
    const auto result = run({"load", file, "--on-error", "skip", "--rejects", rejects, "--max-record", "80",
                             "--block-size", block_size, "--stats", "json", "--get", "c"});
    CHECK(result.exit_code == 0);
    CHECK(result.out == "3\n");
    CHECK(result.error.find("\"records\":2,\"keys\":2") != std::string::npos);
    CHECK(result.error.find("\"skipped_records\":4") != std::string::npos);
    const std::string told = folder.read("rejects.tsv");
    CHECK(told.starts_with(file + "\t2\t4\tno TAB in the line\tbad\n" + file + "\t3\t8\tthe key is empty\t\\t2\n" +
                           file + "\t4\t11\tthe record is longer than --max-record (80)\tb\\tvvv"));
    CHECK(told.ends_with(file + "\t6\t108\tno TAB in the line\tx\\\\\"y\n"));
  }
}

TEST_CASE("too many bad records are a failure, and the first of them are told") {
  const Folder folder;
  const std::string file = folder.write("in", "a\t1\nbad\nworse\nb\t2\n");
  const std::string rejects = folder.path("rejects.csv");
  const auto result = run({"load", file, "--on-error", "skip", "--max-errors", "1", "--rejects", rejects});
  CHECK(result.exit_code == 3);
  CHECK(result.error == "shardflow: more than 1 bad record (--max-errors), the last: " + file +
                            ":3 (byte 8): no TAB in the line: \"worse\"\n");
  CHECK(folder.read("rejects.csv") == "file,line,byte,reason,record\n" + file + ",2,4,no TAB in the line,bad\n" + file +
                                          ",3,8,no TAB in the line,worse\n");
  CHECK(run({"load", file, "--on-error", "skip", "--max-errors", "2", "-q"}).exit_code == 0);
  CHECK(run({"load", file, "--max-errors", "1"}).exit_code == 2);
  CHECK(run({"load", file, "--rejects", rejects}).exit_code == 2);
  CHECK(run({"load", file, "--on-error", "retry"}).exit_code == 2);
}

TEST_CASE("what is written with some options is read with the same options to the same digest") {
  const Folder folder;
  const std::string csv = folder.write("in.csv", "id;x;name\n1;-;\"a;b\"\n2;-;\"c\"\"d\"\n");
  const std::string json = folder.write("in.jsonl", R"({"u":{"id":1,"n":"x\ty"}})"
                                                    "\n"
                                                    R"({"u":{"id":2,"n":[1]}})"
                                                    "\n");
  const std::vector<std::vector<std::string>> cases{
      {csv, "--delimiter", ";"},
      {csv, "--delimiter", ";", "--header"},
      {csv, "--delimiter", ";", "--header", "--key", "id", "--value", "name"},
      {csv, "--delimiter", ";", "--header", "--key", "name", "--value", "id"},
      {csv, "--delimiter", ";", "--key", "3", "--value", "1"},
      {csv, "--delimiter", ";", "--value", "rest"},
      {csv, "--delimiter", ";", "--header", "--key", "x", "--value", "rest"},
      {csv, "--delimiter", ";", "--header", "--value", "1"},
      {json, "--key", "u.id", "--value", "u.n"},
      {json, "--key", "u.id", "--value", "."},
      {json, "--key", "u.id", "--value", "u.id"},
  };
  for (const std::vector<std::string>& words : cases) {
    const std::string written = folder.path("out" + std::filesystem::path(words[0]).extension().string() + ".gz");
    std::vector<std::string> first{"load"};
    first.insert(first.end(), words.begin(), words.end());
    std::vector<std::string> again = first;
    again[1] = written;
    first.insert(first.end(), {"--output", written, "--sort"});
    CAPTURE(words.back());
    const auto loaded = stats_of(first);
    const auto reread = stats_of(again);
    CHECK(loaded["keys"] > 0);
    CHECK(reread["digest"] == loaded["digest"]);
    CHECK(reread["records"] == loaded["keys"]);
  }
  CHECK(run({"load", json, "--key", "u", "--value", "u.id", "-o", folder.path("x.jsonl")}).error ==
        "shardflow: --key, --value: as JSON Lines, no record can be written of which one field is in the other\n");
  CHECK(run({"load", json, "--value", "u.\xff", "-o", folder.path("x.jsonl")}).error ==
        "shardflow: --value: as JSON Lines, no record can be written with a field \"\\xff\", which is not "
        "UTF-8\n");
}

TEST_CASE("a header or a rejected file's name that begins as a compressed file does is read as what it is") {
  const Folder folder;
  const std::string name = "BZh91AY&SY";
  const std::string json = folder.write("in.jsonl", R"({"BZh91AY&SY":"k","v":"1"})");
  const std::vector<std::string> columns{"-q", "--header", "--key", name, "--value", "v"};
  const auto load = [&](std::vector<std::string> words) {
    words.insert(words.begin(), "load");
    words.insert(words.end(), columns.begin(), columns.end());
    return run(words);
  };
  for (const std::string& out : {folder.path("out.csv"), folder.path("out.csv.gz")}) {
    REQUIRE(load({json, "-o", out}).exit_code == 0);
    CHECK(load({out, "--get", "k"}).out == "1\n");
  }
  const std::string rejects = folder.path("rejects.tsv");
  folder.write(name, "bad\n");
  Invocation from_inside{{"load", name, "-q", "--on-error", "skip", "--rejects", rejects}, "", {}, "", {}};
  const std::string inside = folder.path("");
  from_inside.in_child = [&] {
    if (chdir(inside.c_str()) != 0) _exit(1);
  };
  REQUIRE(run(from_inside).exit_code == 0);
  CHECK(run({"load", rejects, "-q", "--escape", "--get", name}).out == "1\t0\tno TAB in the line\tbad\n");
}

TEST_CASE("rejects go into a file of their own") {
  const Folder folder;
  const std::string in = folder.write("in", "a\t1\nbad\n");
  std::filesystem::create_hard_link(in, folder.path("link"));
  const auto refusal = [&](std::vector<std::string> words) {
    words.insert(words.begin(), {"load", in, "--on-error", "skip"});
    const Outcome outcome = run(words);
    CHECK(outcome.exit_code == 2);
    return outcome.error;
  };
  CHECK(refusal({"--rejects", folder.path("x"), "-o", folder.path("./x")}) ==
        "shardflow: --output and --rejects name the same file\n");
  CHECK(refusal({"--rejects", folder.path("link")}) == "shardflow: --rejects would replace an input: " + in + "\n");
  CHECK(refusal({"--rejects", "-", "--get", "a"}) ==
        "shardflow: --rejects and --get would mix on standard output; give --rejects a file\n");
  CHECK(refusal({"--rejects", "x.jsonl"}) ==
        "shardflow: --rejects: bad records are written as TSV or CSV, not as JSON\n");
  CHECK(folder.read("in") == "a\t1\nbad\n");
  REQUIRE(run({"load", in, "-q", "--on-error", "skip", "--rejects", folder.path("r.csv.gz")}).exit_code == 0);
  CHECK(run({"load", folder.path("r.csv.gz"), "-q", "--header", "--key", "record", "--value", "line", "--get", "bad"})
            .out == "2\n");
}

TEST_CASE("a mode that may keep another value than a key's last one says so") {
  const Folder folder;
  const std::string in = folder.write("in", "a\t1\n");
  const std::string words = "of a key's values, this mode may keep another one than the last";
  for (const shardflow::Mode& mode : shardflow::modes()) {
    CAPTURE(mode.name);
    const std::string name(mode.name);
    CHECK((run({"load", in, "--mode", name}).error.find(words) == std::string::npos) == mode.ordered);
    CHECK(nlohmann::json::parse(run({"load", in, "--mode", name, "--stats", "json"}).error)["ordered"] == mode.ordered);
  }
}

TEST_CASE("TSV that a delimiter makes CSV has no escapes") {
  const Folder folder;
  const std::string in = folder.write("in.tsv", "a\t1\n");
  const Outcome outcome = run({"load", in, "--delimiter", "tab", "--escape"});
  CHECK(outcome.exit_code == 2);
  CHECK(outcome.error == "shardflow: --delimiter tab reads TSV as CSV, which has no --escape\n");
}

TEST_CASE("no output is in another's way") {
  const Folder folder;
  const std::string in = folder.write("in", "a\t1\n");
  std::filesystem::create_directory(folder.path("parts"));
  std::filesystem::create_symlink("later", folder.path("link"));
  const auto refusal = [&](std::vector<std::string> words) {
    words.insert(words.begin(), {"load", in, "-q", "--on-error", "skip"});
    const Outcome outcome = run(words);
    CHECK(outcome.exit_code == 2);
    CHECK(outcome.out.empty());
    return outcome.error;
  };
  const std::string mix = " would mix on standard output; give ";
  CHECK(refusal({"-o", "-", "--get", "a"}) == "shardflow: --output and --get" + mix + "--output a file\n");
  CHECK(refusal({"-o", "-", "--rejects", "-"}) == "shardflow: --output and --rejects" + mix + "--output a file\n");
  CHECK(refusal({"-o", "-", "--hgrm", "-"}) == "shardflow: --output and --hgrm" + mix + "--output a file\n");
  CHECK(refusal({"--hgrm", "-", "--get", "a"}) == "shardflow: --hgrm and --get" + mix + "--hgrm a file\n");
  CHECK(refusal({"-o", folder.path("link"), "--hgrm", folder.path("later")}) ==
        "shardflow: --output and --hgrm name the same file\n");
  CHECK(refusal({"-o", "none.csv", "--hgrm", "./none.csv"}) == "shardflow: --output and --hgrm name the same file\n");
  CHECK(refusal({"--split", "2", "-o", "none", "--hgrm", "./none/part-00000.tsv"}) ==
        "shardflow: --hgrm has the name of a part of --split: ./none/part-00000.tsv\n");
  CHECK(refusal({"--hgrm", in}) == "shardflow: --hgrm would replace an input: " + in + "\n");
  for (const std::string& parts : {folder.path("parts"), folder.path("parts/"), folder.path("none")}) {
    const std::string part = std::filesystem::path(parts) / "part-00001.tsv";
    CHECK(refusal({"--split", "2", "-o", parts, "--rejects", part}) ==
          "shardflow: --rejects has the name of a part of --split: " + part + "\n");
  }
  CHECK(run({"load", in, "-q", "-o", in, "--hgrm", folder.path("parts/h")}).exit_code == 0);
  CHECK(refusal({"-o", ""}) == "shardflow: --output: the file's name is empty\n");
  CHECK(refusal({"--rejects", ""}) == "shardflow: --rejects: the file's name is empty\n");
  CHECK(folder.names() == std::vector<std::string>{"in", "link", "parts"});
}

TEST_CASE("what can be read but once can't be checked, compared, swept over, or gated with") {
  const Folder folder;
  const std::string fifo = folder.path("fifo");
  REQUIRE(mkfifo(fifo.c_str(), 0600) == 0);
  CHECK(run({"load", fifo, "--check"}).error ==
        "shardflow: --check reads the input twice, which '" + fifo + "' can't be\n");
  const std::vector<std::vector<std::string>> commands{{"compare"}, {"sweep"}, {"gate", "--against", binary()}};
  for (std::vector<std::string> words : commands) {
    words.push_back(fifo);
    const Outcome outcome = run(words);
    CHECK(outcome.exit_code == 2);
    CHECK(outcome.error == "shardflow: " + words[0] + " reads the input often, which '" + fifo + "' can't be\n");
  }
  CHECK(run({"load", folder.write("in", kThree), "-q", "--check"}).exit_code == 0);
}

TEST_CASE("an output keeps the mode of the file that it replaces") {
  const Folder folder;
  const std::string out = folder.write("out", "");
  chmod(out.c_str(), 0600);
  REQUIRE(run({"load", "-", "-q", "-o", out}, kThree).exit_code == 0);
  CHECK((std::filesystem::status(out).permissions() & std::filesystem::perms::mask) ==
        (std::filesystem::perms::owner_read | std::filesystem::perms::owner_write));
}

TEST_CASE("a split has as many files open as the system lets it, and leaves no folder where it fails") {
  const Folder folder;
  const auto with_limit = [&](rlim_t soft, rlim_t hard) {
    Invocation invocation{
        {"load", "-", "-q", "--split", "300", "--output", folder.path("deep/parts")}, kThree, {}, "", {}};
    invocation.in_child = [=] {
      const rlimit limit{soft, hard};
      setrlimit(RLIMIT_NOFILE, &limit);
    };
    return run(invocation);
  };
  const Outcome refused = with_limit(200, 300);
  CHECK(refused.exit_code == 1);
  CHECK(refused.error ==
        "shardflow: --split: 300 parts are as many open files, and the limit is 300; raise it with 'ulimit -Hn', or "
        "write fewer parts\n");
  CHECK(run({"load", "-", "-q", "--split", "2", "--format", "csv", "--output", folder.path("deep/parts"),
             "--output-format", "tsv"},
            "\"a\nb\",1\n")
            .exit_code == 1);
  CHECK(folder.names().empty());
  CHECK(with_limit(256, 1024).exit_code == 0);
  CHECK(std::distance(std::filesystem::directory_iterator(folder.path("deep/parts")), {}) == 300);
}

TEST_CASE("what a record took is told in a unit that can be read") {
  const Outcome slow = run({"load", "--synthetic", "sequential:records=3", "--rate", "20"});
  CHECK_MESSAGE(slow.error.find(" ms/record\n") != std::string::npos, slow.error);
}

}  // namespace cli_load_test
