// Names of files, from a file.
#pragma once

#include <string>
#include <vector>

namespace shardflow::app {

// The names in `list`, which end in `end`; empty ones are left out. "-" is standard input. Throws UsageError.
std::vector<std::string> read_file_list(const std::string& list, char end);

}  // namespace shardflow::app
