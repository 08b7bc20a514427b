#include "tests/browser.hpp"

#include <unistd.h>

#include <cstdlib>
#include <sstream>
#include <stdexcept>

#include "tests/cli_process.hpp"

namespace testing {
namespace {

std::string chromium() {
  const char* const path = std::getenv("PATH");
  std::istringstream folders(path == nullptr ? "" : path);
  for (std::string folder; std::getline(folders, folder, ':');) {
    for (const char* const name : {"chromium", "chromium-browser", "google-chrome"}) {
      const std::string program = folder + "/" + name;
      if (access(program.c_str(), X_OK) == 0) return program;
    }
  }
  throw std::runtime_error("no Chromium in PATH: install it (Debian: chromium)");
}

// A page's messages carry this in the browser's log, which has lines about itself as well.
std::string console_lines(const std::string& log) {
  std::istringstream lines(log);
  std::string found;
  for (std::string line; std::getline(lines, line);) {
    if (line.find(":CONSOLE") != std::string::npos) found += line + "\n";
  }
  return found;
}

}  // namespace

Opened open_in_browser(const std::string& html) {
  const Folder folder;
  const std::string page = folder.write("page.html", html);
  Invocation invocation;
  invocation.program = chromium();
  // Its sandbox does not work for root, nor in most containers.
  invocation.arguments = {"--headless",
                          "--no-sandbox",
                          "--disable-gpu",
                          "--disable-dev-shm-usage",
                          "--no-first-run",
                          "--disable-background-networking",
                          "--enable-logging=stderr",
                          "--user-data-dir=" + folder.path("profile"),
                          "--window-size=1200,900",
                          "--dump-dom",
                          "file://" + page};
  const Outcome outcome = run(invocation);
  if (outcome.exit_code != 0) throw std::runtime_error("Chromium failed: " + outcome.error);
  return {outcome.out, console_lines(outcome.error)};
}

}  // namespace testing
