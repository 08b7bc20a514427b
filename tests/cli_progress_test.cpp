// Progress, on a terminal and into a log.
#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <functional>
#include <sstream>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "tests/cli_process.hpp"
#include "tests/count.hpp"

namespace cli_progress_test {

using namespace testing;

namespace {

constexpr std::string_view kClear = "\r\033[K";  // what comes before each redraw of a line that did not wrap

// A terminal of so many columns; what a program writes to it is read from here.
class Terminal {
 public:
  explicit Terminal(unsigned short columns) : master_(posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC)) {
    REQUIRE(grantpt(master_) == 0);
    REQUIRE(unlockpt(master_) == 0);
    resize(columns);
    name_ = ptsname(master_);
  }
  ~Terminal() { close(master_); }
  Terminal(const Terminal&) = delete;
  Terminal& operator=(const Terminal&) = delete;

  void resize(unsigned short columns) const {
    const winsize size{24, columns, 0, 0};
    ioctl(master_, TIOCSWINSZ, &size);
  }
  const std::string& name() const { return name_; }
  // All that is written, to the program's end; `seen` is told what there is so far each time that there is more.
  std::string read_all(const std::function<void(std::string_view)>& seen) const {
    std::string text;
    std::array<char, 4096> buffer;
    for (ssize_t got; (got = read(master_, buffer.data(), buffer.size())) > 0; seen(text)) {
      text.append(buffer.data(), static_cast<std::size_t>(got));
    }
    return text;
  }

 private:
  int master_;
  std::string name_;
};

// Input that stays open until it is told to end: a run lasts until it has shown what a test waits for, however slow
// the machine.
class OpenInput {
 public:
  OpenInput() : path_(folder_.path("input.tsv")) {
    REQUIRE(mkfifo(path_.c_str(), S_IRUSR | S_IWUSR) == 0);
    end_ = open(path_.c_str(), O_RDWR | O_CLOEXEC);
    constexpr std::string_view kRecords = "one\t1\ntwo\t2\n";
    REQUIRE(write(end_, kRecords.data(), kRecords.size()) == static_cast<ssize_t>(kRecords.size()));
  }
  ~OpenInput() { finish(); }
  OpenInput(const OpenInput&) = delete;
  OpenInput& operator=(const OpenInput&) = delete;

  const std::string& path() const { return path_; }
  void finish() {
    if (end_ >= 0) close(std::exchange(end_, -1));
  }

 private:
  Folder folder_;
  std::string path_;
  int end_ = -1;
};

// What a load of `input` writes to `terminal` as its standard error. `seen` as in Terminal::read_all.
std::string load_on(const Terminal& terminal, const std::string& input, const std::vector<std::string>& options,
                    const std::function<void(std::string_view)>& seen, const char* kind = "xterm") {
  Invocation invocation{{"load", input, "--get", "one"}, "", {{"TERM", kind}}, "", {}};
  invocation.arguments.insert(invocation.arguments.end(), options.begin(), options.end());
  invocation.in_child = [&] { dup2(open(terminal.name().c_str(), O_RDWR | O_NOCTTY), STDERR_FILENO); };
  std::jthread program([&] { run(invocation); });
  return terminal.read_all(seen);
}

}  // namespace

TEST_CASE("on a terminal one line is redrawn within its width, and removed in the end") {
  const Terminal terminal(50);
  OpenInput input;
  const std::string text = load_on(terminal, input.path(), {}, [&](std::string_view so_far) {
    if (count(so_far, kClear) >= 3) input.finish();
  });
  std::size_t begin = 0;
  for (std::size_t at; (at = text.find(kClear, begin)) != std::string::npos; begin = at + kClear.size()) {
    CHECK(at - begin < 50);
  }
  CHECK(count(text, kClear) >= 3);
  CHECK(text.find(" records/s") < begin);
  CHECK(text.substr(begin).starts_with("2 records, 2 keys in "));
}

TEST_CASE("a terminal that becomes narrower during a run has all rows of the wrapped line cleared, once") {
  const Terminal terminal(80);
  OpenInput input;
  std::size_t resized = 0;  // how much had been written then
  const std::string text = load_on(terminal, input.path(), {}, [&](std::string_view so_far) {
    if (resized == 0 && so_far.ends_with(" records/s")) {
      terminal.resize(10);
      resized = so_far.size();
    }
    if (resized > 0 && count(so_far.substr(resized), kClear) >= 2) input.finish();
  });
  const std::size_t rows = text.find("A\033[J");
  REQUIRE(rows != std::string::npos);
  CHECK(text.find("A\033[J", rows + 1) == std::string::npos);
  // "2 records, 12 B, 9.93 records/s" has 30 columns or some more: three or four rows of 10, the cursor in the last.
  const std::size_t up = text.rfind("\r\033[", rows);
  const std::size_t drawn = up - (text.rfind(kClear, up - 1) + kClear.size());
  CHECK(text.substr(up, rows - up) == "\r\033[" + std::to_string((drawn - 1) / 10));
  std::size_t begin = rows + 4;
  for (std::size_t at; (at = text.find(kClear, begin)) != std::string::npos; begin = at + kClear.size()) {
    CHECK(at - begin < 10);
  }
  CHECK(begin > rows + 4);
}

TEST_CASE("a dumb terminal gets lines, and nothing that moves its cursor") {
  const Terminal terminal(80);
  OpenInput input;
  const std::string text = load_on(
      terminal, input.path(), {"--color=never"},
      [&](std::string_view so_far) {
        if (so_far.find(" records/s") != std::string_view::npos) input.finish();
      },
      "dumb");
  CHECK(text.find('\033') == std::string::npos);
  CHECK_MESSAGE(text.find(" records/s\r\n") != std::string::npos, text);  // the terminal adds the CR
}

TEST_CASE("nothing is drawn when told so, or when quiet") {
  for (const char* const option : {"--progress=never", "--quiet"}) {
    const Terminal terminal(80);
    const std::string text =
        load_on(terminal, "--synthetic=sequential:records=700", {"--rate=1k", option}, [](auto) {});
    CHECK(text.find('\033') == text.find("\033[1m"));  // the statistics have a bold figure
  }
}

TEST_CASE("into a log, progress is plain lines") {
  const Outcome outcome =
      run({"load", "--synthetic", "sequential:records=3500", "--rate", "1k", "--progress", "always", "-o", "-"});
  CHECK(outcome.error.find('\r') == std::string::npos);
  CHECK(outcome.error.find('\033') == std::string::npos);
  std::istringstream lines(outcome.error);
  std::string first;
  std::getline(lines, first);
  CHECK_MESSAGE(first.ends_with(" left"), first);
  CHECK(std::ranges::count(outcome.out, '\n') == 3500);
}

}  // namespace cli_progress_test
