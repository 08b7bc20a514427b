// The command line itself: commands, options, their layers, presets.
#include <doctest/doctest.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <sstream>

#include "tests/cli_process.hpp"
#include "tests/sanitized.hpp"

namespace cli_options_test {

using namespace testing;
namespace fs = std::filesystem;

namespace {

// "block-size = 1KiB # preset x" of --print-config, in one string without padding.
std::string setting(const std::string& config, const std::string& name) {
  std::istringstream lines(config);
  for (std::string line; std::getline(lines, line);) {
    if (!line.starts_with(name + " = ")) continue;
    const std::size_t comment = line.find('#');
    const std::size_t end = line.find_last_not_of(' ', comment - 1);
    return line.substr(0, end + 1) + " " + line.substr(comment);
  }
  return "";
}

void check_width(const std::string& text) {
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) CHECK_MESSAGE(line.size() <= 80, line);
}

}  // namespace

TEST_CASE("help and version are answers on standard output") {
  CHECK(run({"--help"}).out.find("usage: shardflow COMMAND") != std::string::npos);
  CHECK(run(std::vector<std::string>()).out == run({"--help"}).out);
  CHECK(run({"--version"}).out.starts_with("shardflow "));
  check_width(run({"--help"}).out);
  CHECK(run({"load", "--help"}).out.find(" \n") == std::string::npos);
  for (const char* const command : {"load", "compare", "sweep", "floor", "diff", "gate", "report", "generate"}) {
    const Outcome help = run({command, "--help"});
    CHECK(help.exit_code == 0);
    CHECK(help.out.starts_with(std::string("usage: shardflow ") + command));
    check_width(help.out);
  }
}

TEST_CASE("misuse is exit code 2, one line, and what would be right") {
  const std::vector<std::pair<std::vector<std::string>, std::string>> cases{
      {{"lode"}, "'lode' is no command; 'shardflow --help' lists them"},
      {{"load"}, "no input: name one or more files, '-' for standard input, or --synthetic SPEC"},
      {{"load", "x", "--thread", "2"}, "unrecognised option '--thread'; --help lists the options"},
      {{"load", "x", "--threads", "two"}, "--threads: 'two' is not a whole number such as 5000, 10k or 5M"},
      {{"load", "x", "--threads", "0"}, "--threads: 0 is not between 1 and 4096"},
      {{"load", "x", "--block-size", "3q"}, "--block-size: '3q' is not a size such as 4096, 256KiB or 64MiB"},
      {{"load", "x", "--sort"}, "--sort orders --output, which is missing"},
      {{"load", "x", "--stats", "xml"}, "--stats: 'xml' is neither text nor json"},
      {{"load", "x", "--color", "red"}, "--color: 'red' is none of auto, always and never"},
      {{"load", "-", "-"}, "'-' can be read once only"},
      {{"load", "x", "--synthetic", "zipf"}, "give files or --synthetic, not both"},
      {{"load", "x", "--config", "/none.ini"}, "/none.ini: cannot be read"},
      {{"load", "x", "--config", "/"}, "/: cannot be read"},
      {{"generate"}, "what to generate? give a SPEC; --help tells how"},
      {{"generate", "zipf", "-o", "x.tsv.gz"},
       "--output: what generate writes is plain TSV, and 'x.tsv.gz' says something else; "
       "'shardflow generate SPEC | shardflow load - -o FILE' writes all formats"},
      {{"generate", "zipf", "-o", "x.csv"},
       "--output: what generate writes is plain TSV, and 'x.csv' says something else; "
       "'shardflow generate SPEC | shardflow load - -o FILE' writes all formats"},
      {{"generate", "zip"}, "'zip' is no distribution; there are sequential, uniform, zipf and few-hot-keys"},
      {{"generate", "zipf:records=3,keys=18000000000G"},
       "zipf has at most 9007199254740992 keys (2^53), not 18000000000000000000"},
      {{"generate", "zipf:size=3"},
       "'size' is no parameter; there are records, keys, skew, hot-keys, hot-share, key-bytes, value-bytes and seed"},
  };
  for (const auto& [arguments, message] : cases) {
    const Outcome outcome = run(arguments);
    CHECK(outcome.exit_code == 2);
    CHECK(outcome.error == "shardflow: " + message + "\n");
    CHECK(outcome.out.empty());
  }
  CHECK(run({"load", "x", "--mode", "none"})
            .error.starts_with("shardflow: --mode: 'none' is no mode; there are flow, serial"));
}

TEST_CASE("a workload of the gate that looks like a file and is none is called missing, not an unknown preset") {
  const Outcome outcome = run({"gate", "--against", binary(), "/none/events.tsv"});
  CHECK(outcome.exit_code == 1);
  CHECK(outcome.error == "shardflow: /none/events.tsv: cannot be read: No such file or directory\n");
}

TEST_CASE("the command line beats the environment, that the config file, that the preset, that the default") {
  const Folder folder;
  const std::string config = folder.write("own.ini", "blocks = 33\nblock-size = 2KiB\nthreads = 3\n");
  Invocation invocation{
      {"load", "--threads", "1", "--config", config, "--preset", "smoke", "--print-config"}, "", {}, "", {}};
  invocation.environment = {{"SHARDFLOW_THREADS", "2"}, {"SHARDFLOW_BLOCK_SIZE", "1KiB"}};
  const std::string merged = run(invocation).out;
  CHECK(setting(merged, "threads") == "threads = 1 # command line");
  CHECK(setting(merged, "block-size") == "block-size = 1KiB # environment");
  CHECK(setting(merged, "blocks") == "blocks = 33 # " + config);
  CHECK(setting(merged, "synthetic").ends_with("# preset smoke"));
  CHECK(setting(merged, "mode") == "mode = flow # default");
}

TEST_CASE("what --print-config shows can be given to --config") {
  const Folder folder;
  const std::string config = folder.write("kept.ini", run({"load", "--blocks", "9", "--sort", "--print-config"}).out);
  const std::string again = run({"load", "--config", config, "--print-config"}).out;
  CHECK(setting(again, "blocks") == "blocks = 9 # " + config);
  CHECK(setting(again, "sort") == "sort = true # " + config);
}

TEST_CASE("a config file may begin with a byte order mark, and has a name") {
  const Folder folder;
  const std::string config = folder.write("own.ini", "\xef\xbb\xbfthreads = 3\n");
  CHECK(setting(run({"load", "--config", config, "--print-config"}).out, "threads") == "threads = 3 # " + config);
  CHECK(run({"load", "x", "--config", ""}).error == "shardflow: --config: the file's name is empty\n");
}

TEST_CASE("words without a dash are left out of it, as they have no place in a config file") {
  const Folder folder;
  const std::vector<std::vector<std::string>> commands{{"gate", "--against", "x", "--label", "", "smoke"},
                                                       {"generate", "zipf:records=1k"},
                                                       {"diff", "a", "b"},
                                                       {"load", "x"}};
  for (std::vector<std::string> words : commands) {
    words.emplace_back("--print-config");
    const std::string config = folder.write("kept.ini", run(words).out);
    CHECK(run({words.front(), "--config", config, "--print-config"}).exit_code == 0);
  }
}

TEST_CASE("the questions are yes or no in a variable and a config file, too") {
  const Folder folder;
  const std::string no = folder.write("no.ini", "help = false\nprint-config = 0\n");
  const std::vector<std::string> words{"load", "-", "-q", "--get", "a"};
  for (const char* const variable : {"SHARDFLOW_HELP", "SHARDFLOW_PRINT_CONFIG", "SHARDFLOW_VERSION"}) {
    CHECK(run(Invocation{words, "a\t1\n", {{variable, "0"}}, "", {}}).out == "1\n");
  }
  CHECK(run({"load", "-", "-q", "--get", "a", "--config", no}, "a\t1\n").out == "1\n");
  CHECK(run(Invocation{words, "", {{"SHARDFLOW_HELP", "1"}}, "", {}}).out == run({"load", "--help"}).out);
}

TEST_CASE("a value that a config file can't hold is not shown as if it could") {
  for (const char* const value : {"#", "a#b", " a", "a\t"}) {
    const Outcome outcome = run({"load", "--key", value, "--print-config"});
    CHECK(outcome.exit_code == 2);
    CHECK(outcome.error.starts_with("shardflow: --key: a config file can't hold '"));
    CHECK(outcome.out.empty());
  }
  Invocation variable{{"load", "--print-config"}, "", {{"SHARDFLOW_DELIMITER", "#"}}, "", {}};
  CHECK(
      run(variable).error ==
      "shardflow: --delimiter (environment): a config file can't hold '#': no '#', no line end, and no blank at either "
      "end\n");
  CHECK(run({"load", "--key", "a=b c", "--print-config"}).out.find("\nkey = a=b c ") != std::string::npos);
}

TEST_CASE("an unknown line of a config file is an error that names the file") {
  const Folder folder;
  const std::string config = folder.write("bad.ini", "threds = 3\n");
  const Outcome outcome = run({"load", "x", "--config", config});
  CHECK(outcome.exit_code == 2);
  CHECK(outcome.error == "shardflow: " + config + ": 'threds' is no option\n");
  const std::string odd = folder.write("odd.ini", "what is this\n");
  CHECK(run({"load", "x", "--config", odd}).error.starts_with("shardflow: " + odd + ": "));
  const std::string twice = folder.write("twice.ini", "threads = 1\nthreads = 2\n");
  CHECK(run({"load", "x", "--config", twice}).error ==
        "shardflow: " + twice + ": option 'threads' cannot be specified more than once\n");
}

TEST_CASE("every preset is listed with a description, and every command takes it") {
  std::istringstream list(run({"load", "--preset", "list"}).out);
  std::size_t presets = 0;
  for (std::string line; std::getline(list, line); ++presets) {
    const std::string name = line.substr(0, line.find(' '));
    CHECK_MESSAGE(line.find_last_not_of(' ') > 26, line);
    check_width(line);
    for (const char* const command : {"load", "compare", "generate"}) {
      CHECK_MESSAGE(run({command, "--preset", name, "--print-config"}).exit_code == 0, name);
    }
  }
  CHECK(presets >= 4);
  CHECK(run({"load", "--preset", "none"}).error.find("'none' is no preset; there are") != std::string::npos);
}

TEST_CASE("a preset for sweep says so where another command is given it, and the smoke test is for all") {
  for (const char* const preset : {"scaling", "capacity-sweep", "by-size"}) {
    for (const char* const command : {"load", "compare"}) {
      const Outcome outcome = run({command, "--preset", preset});
      CHECK(outcome.exit_code == 2);
      CHECK(outcome.error.find(" (preset " + std::string(preset) + "): '1") != std::string::npos);
      CHECK(outcome.error.ends_with("is a list: this preset is for 'shardflow sweep'\n"));
    }
  }
  CHECK(run({"load", "--preset", "smoke", "-q"}).exit_code == 0);
  const auto start = std::chrono::steady_clock::now();
  std::vector<std::string> words{"compare", "--preset", "smoke"};
  // A sanitizer makes starting a thread for each record slow.
  if (kSanitized) words.insert(words.end(), {"--synthetic", "uniform:records=2k,keys=1k"});
  CHECK(run(words).out.find("; medians of 2 rounds\n") != std::string::npos);
  // 2 s, unless others want the machine.
  CHECK(std::chrono::steady_clock::now() - start < std::chrono::seconds(kSanitized ? 180 : 30));
}

TEST_CASE("an installed binary finds the installed presets") {
  const Folder folder;
  fs::create_directories(folder.path("usr/bin"));
  fs::create_directories(folder.path("usr/share/shardflow/presets"));
  folder.write("usr/share/shardflow/presets/own.ini", "# just here\nblocks = 17\n");
  fs::copy_file(binary(), folder.path("usr/bin/shardflow"));
  Invocation invocation{{}, "", {{"SHARDFLOW_BINARY", folder.path("usr/bin/shardflow")}}, "", {}};
  invocation.in_child = [&] {
    const std::string installed = folder.path("usr/bin/shardflow");
    execl(installed.c_str(), "shardflow", "load", "--preset", "list", nullptr);
  };
  CHECK(run(invocation).out.find("just here") != std::string::npos);
}

TEST_CASE("files on the command line take the place of a preset's synthetic input") {
  const Outcome outcome = run({"load", "-", "--preset", "seed-5m", "-q", "--get", "a"}, "a\tmine\n");
  CHECK(outcome.out == "mine\n");
}

TEST_CASE("files that a list names are files, too, beside made-up records") {
  const Folder folder;
  const std::string list = folder.write("list", folder.write("in", "a\tmine\n") + "\n");
  const std::string made = folder.write("made.ini", "synthetic = sequential:records=10\n");
  const std::string both = folder.write("both.ini", "synthetic = sequential:records=10\nfiles-from = " + list + "\n");
  const std::string refused = "shardflow: give files or --synthetic, not both\n";
  CHECK(run({"load", "--files-from", list, "--synthetic", "sequential:records=10", "--get", "a"}).error == refused);
  CHECK(run({"load", "--config", both}).error == refused);
  CHECK(run({"load", "-q", "--config", made, "--files-from", list, "--get", "a"}).out == "mine\n");
  // The upper layer's word counts, whichever of the two it is for.
  const std::vector<std::string> get_key{"load", "-q", "--get", "key3"};
  std::vector<std::string> words = get_key;
  words.insert(words.end(), {"--synthetic", "sequential:records=10"});
  CHECK(run(Invocation{words, "", {{"SHARDFLOW_FILES_FROM", list}}, "", {}}).out == "value3\n");
  words = get_key;
  words.insert(words.end(), {"--config", folder.write("list.ini", "files-from = " + list + "\n")});
  CHECK(run(Invocation{words, "", {{"SHARDFLOW_SYNTHETIC", "sequential:records=10"}}, "", {}}).out == "value3\n");
}

TEST_CASE("generate writes the same bytes for the same seed, and the records asked for") {
  const Outcome first = run({"generate", "uniform:records=1k,keys=50,seed=3"});
  CHECK(first.out == run({"generate", "uniform:records=1k,keys=50,seed=3"}).out);
  CHECK(first.out != run({"generate", "uniform:records=1k,keys=50,seed=4"}).out);
  CHECK(std::ranges::count(first.out, '\n') == 1000);
  CHECK(run({"generate", "sequential:records=2,key-bytes=8,value-bytes=9"}).out ==
        "key00000\tvalue0000\nkey00001\tvalue0001\n");
}

}  // namespace cli_options_test
