// Progress, on a terminal and into a log.
#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdlib>
#include <sstream>
#include <thread>

#include "tests/cli_process.hpp"

namespace cli_progress_test {

using namespace testing;

namespace {

constexpr std::chrono::milliseconds kHalfway{500};

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
  std::string read_all() const {
    std::string text;
    std::array<char, 4096> buffer;
    for (ssize_t got; (got = read(master_, buffer.data(), buffer.size())) > 0;) {
      text.append(buffer.data(), static_cast<std::size_t>(got));
    }
    return text;
  }

 private:
  int master_;
  std::string name_;
};

// What `arguments` write to a terminal as their standard error, which is `columns_later` wide from kHalfway on.
std::string on_terminal(std::vector<std::string> arguments, unsigned short columns, unsigned short columns_later = 0,
                        const char* kind = "xterm") {
  const Terminal terminal(columns);
  Invocation invocation{std::move(arguments), "", {{"TERM", kind}}, "", {}};
  invocation.in_child = [&] { dup2(open(terminal.name().c_str(), O_RDWR | O_NOCTTY), STDERR_FILENO); };
  std::string text;
  std::thread reader([&] { text = terminal.read_all(); });
  std::jthread resizer([&] {
    std::this_thread::sleep_for(kHalfway);
    if (columns_later > 0) terminal.resize(columns_later);
  });
  run(invocation);
  reader.join();
  return text;
}

constexpr const char* kSlow = "sequential:records=700";  // at 1k a second: 0.7 s, three redraws

}  // namespace

TEST_CASE("on a terminal one line is redrawn within its width, and removed in the end") {
  const std::string text = on_terminal({"load", "--synthetic", kSlow, "--rate", "1k", "--get", "none"}, 50);
  constexpr std::string_view kClear = "\r\033[K";
  std::size_t draws = 0;
  std::size_t begin = 0;
  for (std::size_t at; (at = text.find(kClear, begin)) != std::string::npos; ++draws) {
    CHECK(at - begin < 50);
    begin = at + kClear.size();
  }
  CHECK(draws >= 3);
  CHECK(text.find(" records/s") < begin);
  CHECK(text.substr(begin).starts_with("700 records, 700 keys in "));
}

TEST_CASE("a terminal that becomes narrower during a run has all rows of the wrapped line cleared, once") {
  const std::string text =
      on_terminal({"load", "--synthetic", "sequential:records=1000", "--rate", "1k", "--get", "none"}, 80, 30);
  // The line had more than 60 and less than 80 columns: three rows of 30, the cursor in the last one.
  const std::size_t rows = text.find("\r\033[2A\033[J");
  REQUIRE(rows != std::string::npos);
  CHECK(text.find("A\033[J", rows + 8) == std::string::npos);
  constexpr std::string_view kClear = "\r\033[K";
  std::size_t begin = rows + 8;
  for (std::size_t at; (at = text.find(kClear, begin)) != std::string::npos; begin = at + kClear.size()) {
    CHECK(at - begin < 30);
  }
  CHECK(begin > rows + 8);
}

TEST_CASE("a dumb terminal gets lines, and nothing that moves its cursor") {
  const std::string text =
      on_terminal({"load", "--synthetic", "sequential:records=2500", "--rate", "1k", "--get", "none", "--color=never"},
                  80, 0, "dumb");
  CHECK(text.find('\033') == std::string::npos);
  CHECK_MESSAGE(text.find(" left\r\n") != std::string::npos, text);  // the terminal adds the CR
}

TEST_CASE("nothing is drawn when told so, or when quiet") {
  for (const char* const option : {"--progress=never", "--quiet"}) {
    const std::string text = on_terminal({"load", "--synthetic", kSlow, "--rate", "1k", option}, 80);
    CHECK(text.find('\033') == text.find("\033[1m"));  // the statistics have a bold figure
  }
}

TEST_CASE("into a log, progress is plain lines") {
  const Outcome outcome =
      run({"load", "--synthetic", "sequential:records=2500", "--rate", "1k", "--progress", "always", "-o", "-"});
  CHECK(outcome.error.find('\r') == std::string::npos);
  CHECK(outcome.error.find('\033') == std::string::npos);
  std::istringstream lines(outcome.error);
  std::string first;
  std::getline(lines, first);
  CHECK_MESSAGE(first.ends_with(" left"), first);
  CHECK(std::ranges::count(outcome.out, '\n') == 2500);
}

}  // namespace cli_progress_test
