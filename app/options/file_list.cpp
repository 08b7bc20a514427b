#include "app/options/file_list.hpp"

#include <cerrno>
#include <cstring>
#include <fstream>
#include <iostream>

#include "app/options.hpp"

namespace shardflow::app {

std::vector<std::string> read_file_list(const std::string& list, char end) {
  std::ifstream file;
  if (list != "-") file.open(list);
  std::istream& in = list == "-" ? std::cin : file;
  std::vector<std::string> names;
  for (std::string name; std::getline(in, name, end);) {
    if (!name.empty()) names.push_back(name);
  }
  // A folder opens, and fails only then.
  if (in.bad() || !in.eof()) throw UsageError("--files-from: " + list + " can't be read: " + std::strerror(errno));
  return names;
}

}  // namespace shardflow::app
