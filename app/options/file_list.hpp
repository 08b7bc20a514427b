// Names of files, from a file.
#pragma once

#include <string>
#include <vector>

namespace shardflow::app {

// The names in `list`, which end in `end`; empty ones are left out, and so is a CR before LF. "-" is standard input.
// Throws IoError.
std::vector<std::string> read_file_list(const std::string& list, char end);

}  // namespace shardflow::app
