#include "app/history_file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "pipeline/errors.hpp"

namespace shardflow::app {
namespace {

struct stat status_of(const Descriptor& file) {
  struct stat status {};
  fstat(file.number(), &status);  // of a file that is open it fails for no reason
  return status;
}

}  // namespace

HistoryFile::HistoryFile(const std::string& name) : name_(name) {
  if (name.empty()) return;
  file_ = Descriptor(open(name.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666));
  if (!file_.open()) throw IoError(name, "cannot be opened", errno);
}

HistoryFile::~HistoryFile() {
  if (!file_.open()) return;
  const struct stat status = status_of(file_);
  if (S_ISREG(status.st_mode) && status.st_size == 0) unlink(name_.c_str());
}

void HistoryFile::append(const std::string& line) {
  if (name_.empty()) return;
  const off_t before = status_of(file_).st_size;
  const ssize_t written = ::write(file_.number(), line.data(), line.size());
  if (written == static_cast<ssize_t>(line.size())) return;
  const int error = written < 0 ? errno : ENOSPC;
  if (written > 0 && ftruncate(file_.number(), before) != 0) {
    throw IoError(name_, "has a line now that is none, and cannot be cut", errno);
  }
  throw IoError(name_, "cannot be written", error);
}

}  // namespace shardflow::app
