// The file of the records that were skipped.
#pragma once

#include <memory>
#include <string>

#include "app/options.hpp"
#include "pipeline/errors.hpp"
#include "pipeline/interrupt.hpp"
#include "pipeline/mode/mode.hpp"
#include "pipeline/output/map_writer.hpp"
#include "pipeline/output/sink.hpp"

namespace shardflow::app {

// A record each: file, line, byte, reason, and its text, as TSV with escapes, or as CSV.
class RejectFile final : public RejectSink {
 public:
  // Throws IoError.
  RejectFile(const std::string& name, const WriteOptions& options, const Interrupt& interrupt);

  void take(const Reject& reject) override;
  // Makes it visible. Not in the destructor: it may fail.
  void commit();

 private:
  void append(std::string_view field, char end);
  void flush();

  std::unique_ptr<Sink> sink_;
  const bool csv_;
  Compressor compressor_;
  bool begun_ = false;
  std::string text_;  // still to be written
};

// What was skipped is wanted also, and all the more, where there was too much of it: calls fill(rejects), nullptr where
// the options name no file, and makes the file visible also if that throws BadInputError.
template <class Fill>
auto with_rejects(const LoadOptions& options, const Interrupt& interrupt, Fill&& fill) {
  if (options.rejects.empty()) return fill(static_cast<RejectSink*>(nullptr));
  RejectFile rejects(options.rejects, options.rejects_write, interrupt);
  try {
    auto result = fill(static_cast<RejectSink*>(&rejects));
    rejects.commit();
    return result;
  } catch (const BadInputError&) {
    rejects.commit();
    throw;
  }
}

}  // namespace shardflow::app
