#include "pipeline/output/page_writer.hpp"

#include <oneapi/tbb/parallel_pipeline.h>

#include <cstdint>
#include <mutex>
#include <vector>

#include "pipeline/byte_order_mark.hpp"
#include "pipeline/mode/mode.hpp"
#include "pipeline/output/compression.hpp"

namespace shardflow {
namespace {

namespace tbb = oneapi::tbb;

class PageWriter {
 public:
  PageWriter(std::size_t pieces, const EncodePiece& encode, const WriteOptions& options, std::string_view head,
             std::span<const std::unique_ptr<Sink>> sinks)
      : count_(pieces),
        encode_(encode),
        head_(head),
        sinks_(sinks),
        begun_(sinks.size(), !head.empty()),
        progress_(options.progress),
        compressor_(options.compression),
        pages_(2 * std::size_t{options.threads}) {
    for (std::unique_ptr<Page>& page : pages_) {
      page = std::make_unique<Page>(options.compression, sinks.size());
      free_.push_back(page.get());
    }
  }

  void run() {
    for (std::size_t i = 0; i < sinks_.size() && !head_.empty(); ++i) write_head(i);
    const auto next = tbb::make_filter<void, std::size_t>(
        tbb::filter_mode::serial_in_order, [this](tbb::flow_control& control) { return this->next(control); });
    const auto encode = tbb::make_filter<std::size_t, Page*>(tbb::filter_mode::parallel,
                                                             [this](std::size_t piece) { return this->encode(piece); });
    const auto write =
        tbb::make_filter<Page*, void>(tbb::filter_mode::serial_in_order, [this](Page* page) { this->write(*page); });
    tbb::parallel_pipeline(pages_.size(), next & encode & write);
    for (std::size_t i = 0; i < sinks_.size(); ++i) {
      if (!begun_[i]) write_alone(i, "");  // no bytes at all would be no gzip file
    }
  }

 private:
  // A piece on its way to the sinks, with memory that the next one uses again.
  struct Page {
    Page(Compression compression, std::size_t sinks) : parts(sinks), compressor(compression) {}

    std::vector<PagePart> parts;  // one per sink
    Compressor compressor;
  };

  std::size_t next(tbb::flow_control& control) {
    if (next_ == count_) control.stop();
    return next_++;
  }

  Page* encode(std::size_t piece) {
    Page& page = acquire();
    encode_(piece, std::span<PagePart>(page.parts));
    for (PagePart& part : page.parts) {
      if (part.text.empty()) continue;
      part.needs_mark = would_be_misread(part.text);
      page.compressor.run(part.text);
    }
    return &page;
  }

  void write(Page& page) {
    for (std::size_t i = 0; i < sinks_.size(); ++i) {
      PagePart& part = page.parts[i];
      if (part.text.empty()) continue;
      if (!begun_[i] && part.needs_mark) write_alone(i, kByteOrderMark);
      begun_[i] = true;
      sinks_[i]->write(part.text);
      bytes_ += part.text.size();
      part.text.clear();
    }
    release(page);
    ++written_;
    if (progress_ == nullptr) return;
    progress_->bytes.store(bytes_, std::memory_order_relaxed);
    progress_->input_share.store(static_cast<double>(written_) / static_cast<double>(count_),
                                 std::memory_order_relaxed);
  }

  void write_head(std::size_t sink) {
    if (would_be_misread(head_)) write_alone(sink, kByteOrderMark);
    write_alone(sink, head_);
  }

  void write_alone(std::size_t sink, std::string_view bytes) {
    std::string text(bytes);
    compressor_.run(text);
    sinks_[sink]->write(text);
  }

  Page& acquire() {
    const std::scoped_lock lock(mutex_);
    Page* const page = free_.back();
    free_.pop_back();
    return *page;
  }
  void release(Page& page) {
    const std::scoped_lock lock(mutex_);
    free_.push_back(&page);
  }

  const std::size_t count_;
  const EncodePiece& encode_;
  const std::string_view head_;
  std::span<const std::unique_ptr<Sink>> sinks_;
  std::vector<bool> begun_;
  Progress* const progress_;
  std::uint64_t bytes_ = 0;  // written, of pieces
  std::size_t written_ = 0;  // pieces
  Compressor compressor_;    // of write_alone()
  std::size_t next_ = 0;
  std::vector<std::unique_ptr<Page>> pages_;
  std::mutex mutex_;
  std::vector<Page*> free_;
};

}  // namespace

void write_pages(std::size_t pieces, const EncodePiece& encode, const WriteOptions& options, std::string_view head,
                 std::span<const std::unique_ptr<Sink>> sinks) {
  PageWriter(pieces, encode, options, head, sinks).run();
}

}  // namespace shardflow
