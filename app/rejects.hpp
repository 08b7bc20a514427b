// The file of the records that were skipped.
#pragma once

#include <memory>
#include <string>

#include "pipeline/mode/mode.hpp"
#include "pipeline/output/sink.hpp"

namespace shardflow::app {

// A record each: file, line, byte, reason, and its text, as TSV with escapes, or as CSV where the name ends so.
class RejectFile final : public RejectSink {
 public:
  // Throws IoError.
  RejectFile(const std::string& name, const Interrupt& interrupt);

  void take(const Reject& reject) override;
  // Makes it visible. Not in the destructor: it may fail.
  void commit();

 private:
  void flush();

  std::unique_ptr<Sink> sink_;
  const bool csv_;
  std::string text_;  // still to be written
};

}  // namespace shardflow::app
