// The file that `gate --history` adds a line a run to.
#pragma once

#include <string>

#include "pipeline/descriptor.hpp"

namespace shardflow::app {

// A run's line is added in one piece, so that gates that end at the same time do not mix theirs.
class HistoryFile {
 public:
  // Empty: none, and nothing is ever written. Throws IoError.
  explicit HistoryFile(const std::string& name);
  // Removes a file that was made in vain, unless another gate has written to it.
  ~HistoryFile();
  HistoryFile(const HistoryFile&) = delete;
  HistoryFile& operator=(const HistoryFile&) = delete;

  // All of the line, or nothing. Throws IoError.
  void append(const std::string& line);

 private:
  std::string name_;
  Descriptor file_;
};

}  // namespace shardflow::app
