#include "app/options/file_list.hpp"

#include <cerrno>
#include <fstream>
#include <iostream>

#include "pipeline/byte_order_mark.hpp"
#include "pipeline/errors.hpp"

namespace shardflow::app {

std::vector<std::string> read_file_list(const std::string& list, char end) {
  std::ifstream file;
  if (list != "-") file.open(list);
  std::istream& in = list == "-" ? std::cin : file;
  std::vector<std::string> names;
  bool at_start = true;
  for (std::string name; std::getline(in, name, end); at_start = false) {
    // A list may have been written on Windows.
    if (at_start && name.starts_with(kByteOrderMark)) name.erase(0, kByteOrderMark.size());
    if (end == '\n' && name.ends_with('\r')) name.pop_back();
    if (!name.empty()) names.push_back(name);
  }
  // A folder opens, and fails only then.
  if (in.bad() || !in.eof()) throw IoError(list, "the list of files cannot be read", errno);
  return names;
}

}  // namespace shardflow::app
