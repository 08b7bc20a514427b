// Where output bytes go: to standard output, or to a file that appears whole or not at all.
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

#include "pipeline/interrupt.hpp"

namespace shardflow {

// One thread at a time.
class Sink {
 public:
  virtual ~Sink() = default;
  Sink(const Sink&) = delete;
  Sink& operator=(const Sink&) = delete;

  // Throws IoError with the system's reason (ENOSPC, EPIPE …), OutputClosedError, InterruptedError.
  virtual void write(std::string_view bytes) = 0;
  // Everything was written: make it last, and visible. Without it, a file's destination stays as it was.
  virtual void commit() = 0;

 protected:
  Sink() = default;
};

// "-" is standard output. A name that exists and is no regular file (a FIFO, /dev/null) is written to as it
// is. Any other file is written under no name beside its destination, then synced and renamed to it: if the
// process dies, nothing is left. `interrupt` may be nullptr, else it must outlive the sink.
// Throws IoError if the file can't be made.
std::unique_ptr<Sink> open_sink(const std::string& name, const Interrupt* interrupt);

// The file that a name stands for, without links: what a link points to is replaced, not the link, also where it is not
// there yet.
std::filesystem::path replaced_by(const std::string& name);

}  // namespace shardflow
