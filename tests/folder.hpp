// A folder for a test's files.
#pragma once

#include <string>
#include <vector>

namespace testing {

// A folder of its own, removed at the end.
class Folder {
 public:
  Folder();
  ~Folder();
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;

  std::string path(const std::string& name) const { return path_ + "/" + name; }
  // Writes a file and returns its path.
  std::string write(const std::string& name, const std::string& text) const;
  std::string read(const std::string& name) const;
  // Names of what is in it, sorted.
  std::vector<std::string> names() const;

 private:
  std::string path_;
};

}  // namespace testing
