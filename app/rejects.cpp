#include "app/rejects.hpp"

#include "pipeline/output/record_format.hpp"

namespace shardflow::app {
namespace {

constexpr std::size_t kFlushBytes = std::size_t{1} << 16;

}  // namespace

RejectFile::RejectFile(const std::string& name, const Interrupt& interrupt)
    : sink_(open_sink(name, &interrupt)), csv_(name.ends_with(".csv")) {
  if (csv_) text_ = "file,line,byte,reason,record\n";
}

void RejectFile::take(const Reject& reject) {
  const auto append = csv_ ? append_csv_field : append_escaped;
  append(text_, reject.file);
  for (const std::string& field : {std::to_string(reject.line), std::to_string(reject.byte), reject.reason}) {
    text_ += csv_ ? ',' : '\t';
    append(text_, field);
  }
  text_ += csv_ ? ',' : '\t';
  append(text_, reject.record);
  text_ += '\n';
  if (text_.size() >= kFlushBytes) flush();
}

void RejectFile::commit() {
  flush();
  sink_->commit();
}

void RejectFile::flush() {
  sink_->write(text_);
  text_.clear();
}

}  // namespace shardflow::app
