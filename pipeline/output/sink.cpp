#include "pipeline/output/sink.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <utility>

#include "pipeline/descriptor.hpp"
#include "pipeline/errors.hpp"

namespace shardflow {
namespace {

namespace fs = std::filesystem;

// What a file's name begins with that is none of the user's. Not its own name with more behind: that may be too long.
constexpr const char* kTemporary = ".shardflow-";
// That are tried, where one is taken.
constexpr int kMostNames = 100;

// Until the descriptor takes more, or the interrupt is raised.
void wait_for_room(int descriptor, const std::string& name, const Interrupt* interrupt) {
  std::array<pollfd, 2> descriptors{pollfd{descriptor, POLLOUT, 0},
                                    pollfd{interrupt == nullptr ? -1 : interrupt->wake_descriptor(), POLLIN, 0}};
  if (poll(descriptors.data(), descriptors.size(), -1) < 0 && errno != EINTR) {
    throw IoError(name, "waiting to write failed", errno);
  }
}

void write_all(int descriptor, std::string_view bytes, const std::string& name, const Interrupt* interrupt) {
  while (!bytes.empty()) {
    if (interrupt != nullptr && interrupt->raised()) throw InterruptedError();
    const ssize_t written = write(descriptor, bytes.data(), bytes.size());
    if (written >= 0) {
      bytes.remove_prefix(static_cast<std::size_t>(written));
    } else if (errno == EAGAIN) {
      wait_for_room(descriptor, name, interrupt);  // somebody who shares it made it non-blocking
    } else if (errno != EINTR) {
      if (errno == EPIPE && descriptor == STDOUT_FILENO) throw OutputClosedError();
      throw IoError(name, "writing failed", errno);
    }
  }
}

// Standard output, a FIFO, a device: what can't be taken back.
class Stream final : public Sink {
 public:
  Stream(Descriptor descriptor, std::string name, const Interrupt* interrupt)
      : descriptor_(std::move(descriptor)), name_(std::move(name)), interrupt_(interrupt) {}

  void write(std::string_view bytes) override { write_all(descriptor_.number(), bytes, name_, interrupt_); }
  void commit() override {}

 private:
  Descriptor descriptor_;
  std::string name_;
  const Interrupt* interrupt_;
};

// A regular file, invisible until commit().
class AtomicFile final : public Sink {
 public:
  AtomicFile(const std::string& name, const Interrupt* interrupt) : name_(name), interrupt_(interrupt) {
    destination_ = replaced_by(name);
    folder_ = destination_.has_parent_path() ? destination_.parent_path() : ".";
    struct stat before {};
    const bool replaces = stat(destination_.c_str(), &before) == 0;
    if (!replaces && errno == ENAMETOOLONG) throw IoError(name_, "cannot be created", errno);
    file_ = Descriptor(open(folder_.c_str(), O_TMPFILE | O_WRONLY | O_CLOEXEC, 0666));
    if (!file_.open()) make_named();
    // What was there may be private, or for all.
    if (replaces) fchmod(file_.number(), before.st_mode & 0777);
  }

  ~AtomicFile() override {
    if (!temporary_.empty()) unlink(temporary_.c_str());
  }

  void write(std::string_view bytes) override { write_all(file_.number(), bytes, name_, interrupt_); }

  void commit() override {
    if (fsync(file_.number()) != 0) throw IoError(name_, "writing to disk failed", errno);
    if (temporary_.empty()) link_named();
    if (rename(temporary_.c_str(), destination_.c_str()) != 0) throw IoError(name_, "cannot be replaced", errno);
    temporary_.clear();
    sync_folder();
  }

 private:
  // A rename is on the disk when its folder is. Some file systems know no such thing, and some folders may not be read.
  void sync_folder() const {
    const Descriptor folder(open(folder_.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (folder.open() && fsync(folder.number()) != 0 && errno != EINVAL && errno != ENOTSUP) {
      throw IoError(name_, "writing its folder to disk failed", errno);
    }
  }

  // Where the file system knows no nameless files (NFS, some overlays).
  void make_named() {
    std::string pattern = folder_ / (kTemporary + std::string("XXXXXX"));
    file_ = Descriptor(mkostemp(pattern.data(), O_CLOEXEC));
    if (!file_.open()) throw IoError(name_, "cannot be created", errno);
    temporary_ = pattern;
    // mkostemp makes it private; a new file has what the umask leaves.
    const mode_t mask = umask(0);
    umask(mask);
    fchmod(file_.number(), 0666 & ~mask);
  }

  // rename(2) needs a name to start from, and linkat(2) can't replace: so a name for a moment. By the file's
  // number, which no other one has, unless what a killed process left was copied there.
  void link_named() {
    const std::string self = "/proc/self/fd/" + std::to_string(file_.number());
    struct stat status {};
    if (fstat(file_.number(), &status) != 0) throw IoError(name_, "cannot be created", errno);
    const std::string stem = folder_ / (kTemporary + std::to_string(status.st_ino));
    std::string name = stem;
    for (int i = 1; linkat(AT_FDCWD, self.c_str(), AT_FDCWD, name.c_str(), AT_SYMLINK_FOLLOW) != 0; ++i) {
      if (errno != EEXIST || i > kMostNames) throw IoError(name_, "cannot be created", errno);
      name = stem + "-" + std::to_string(i);
    }
    temporary_ = name;
  }

  std::string name_;
  const Interrupt* interrupt_;
  fs::path destination_;
  fs::path folder_;  // its
  Descriptor file_;
  std::string temporary_;  // empty while it has no name
};

}  // namespace

fs::path replaced_by(const std::string& name) {
  constexpr int kMostLinks = 40;  // as many as Linux follows
  std::error_code failed;
  // Absolute, as weakly_canonical() makes "./new" so, but not "new", where there is none.
  fs::path file = fs::absolute(name, failed);
  // One by one: weakly_canonical() takes a link for a file where it points to none.
  for (int links = 0; links < kMostLinks && fs::is_symlink(file, failed); ++links) {
    file = file.parent_path() / fs::read_symlink(file, failed);
  }
  const fs::path whole = fs::weakly_canonical(file, failed);
  return failed || whole.empty() ? file : whole;
}

std::unique_ptr<Sink> open_sink(const std::string& name, const Interrupt* interrupt) {
  if (name == "-") return std::make_unique<Stream>(Descriptor(STDOUT_FILENO), "standard output", interrupt);
  struct stat status {};
  if (stat(name.c_str(), &status) == 0 && !S_ISREG(status.st_mode)) {
    Descriptor descriptor(open(name.c_str(), O_WRONLY | O_CLOEXEC));
    if (!descriptor.open()) throw IoError(name, "cannot be opened", errno);
    return std::make_unique<Stream>(std::move(descriptor), name, interrupt);
  }
  return std::make_unique<AtomicFile>(name, interrupt);
}

}  // namespace shardflow
