// A headless Chromium, for the tests of the report page.
#pragma once

#include <string>
#include <vector>

namespace testing {

struct Opened {
  std::string document;  // as HTML, after its scripts ran
  std::string console;   // what they, or the browser, complained of: a line each; empty if of nothing
};

// Opens `html` as a file. Throws std::runtime_error if there is no Chromium in PATH, or if it fails.
Opened open_in_browser(const std::string& html);

}  // namespace testing
