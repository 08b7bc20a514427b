// The formats once more, a byte or a line at a time, as plainly as can be: what the parsers are held against.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace fuzz {

struct Reference {
  std::vector<std::pair<std::string, std::string>> records;
  bool bad = false;  // behind these there is something that is none
};

Reference tsv(std::string_view text, bool escaped);
// Key in the first column, value in the second.
Reference csv(std::string_view text);
// Fields "key" and "value": a string's content, or else the value as nlohmann's library writes it. A number that does
// not fit a double is refused here, but not by the format.
Reference json_lines(std::string_view text);

}  // namespace fuzz
