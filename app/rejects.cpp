#include "app/rejects.hpp"

#include "pipeline/byte_order_mark.hpp"
#include "pipeline/output/record_format.hpp"

namespace shardflow::app {
namespace {

constexpr std::size_t kFlushBytes = std::size_t{1} << 16;

}  // namespace

RejectFile::RejectFile(const std::string& name, const WriteOptions& options, const Interrupt& interrupt)
    : sink_(open_sink(name, &interrupt)), csv_(options.format == RecordFormat::kCsv), compressor_(options.compression) {
  if (csv_) text_ = "file,line,byte,reason,record\n";
}

void RejectFile::take(const Reject& reject) {
  append(reject.file, csv_ ? ',' : '\t');
  append(std::to_string(reject.line), csv_ ? ',' : '\t');
  append(std::to_string(reject.byte), csv_ ? ',' : '\t');
  append(reject.reason, csv_ ? ',' : '\t');
  append(reject.record, '\n');
  if (text_.size() >= kFlushBytes) flush();
}

void RejectFile::append(std::string_view field, char end) {
  if (csv_) {
    append_csv_field(text_, field);
  } else {
    append_escaped(text_, field);
  }
  text_ += end;
}

void RejectFile::commit() {
  flush();
  sink_->commit();
}

void RejectFile::flush() {
  // No bytes at all would be no gzip file; an empty member behind others is none the worse, but useless.
  if (text_.empty() && begun_) return;
  if (!begun_ && !text_.empty() && would_be_misread(text_)) text_.insert(0, kByteOrderMark);
  compressor_.run(text_);
  sink_->write(text_);
  text_.clear();
  begun_ = true;
}

}  // namespace shardflow::app
