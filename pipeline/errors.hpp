// What the library throws. The messages are whole sentences for a user, without a trailing newline;
// the library never prints. Misuse by a programmer is an assert instead.
#pragma once

#include <cstdint>
#include <stdexcept>
#include <string>

namespace shardflow {

// The system refused: a missing file, a full disk, a closed pipe.
class IoError : public std::runtime_error {
 public:
  // `errno_value` 0 leaves the system's reason out.
  IoError(const std::string& path, const std::string& action, int errno_value);
  int errno_value() const { return errno_value_; }

 private:
  int errno_value_;
};

// Somebody cut off a file's end while it was read.
class BecameShorterError : public IoError {
 public:
  explicit BecameShorterError(const std::string& path);
};

// Whoever reads standard output has read enough, as head(1) does.
class OutputClosedError : public IoError {
 public:
  OutputClosedError();
};

// The input has a record that is none. The message names file, line, byte offset and what was expected.
class BadInputError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

// The next allocation would exceed the memory limit; both figures are in the message.
class MemoryLimitError : public std::runtime_error {
 public:
  MemoryLimitError(std::uint64_t wanted_bytes, std::uint64_t limit_bytes);
};

// A shard holds as much as its table can point to.
class ShardFullError : public std::runtime_error {
 public:
  explicit ShardFullError(std::uint64_t shard_bytes);
};

// Somebody raised the Interrupt that this run watches.
class InterruptedError : public std::runtime_error {
 public:
  InterruptedError() : std::runtime_error("interrupted") {}
};

// The text as it can stand between quotes in a message: at most `most` bytes, quotes and backslashes behind a
// backslash, control bytes and non-ASCII as \xNN, "…" behind what was cut.
std::string excerpt(std::string_view text, std::size_t most = 40);

}  // namespace shardflow
