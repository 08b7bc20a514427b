// The bytes of a file or pipe, decompressed.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "pipeline/descriptor.hpp"
#include "pipeline/input/decode_ahead.hpp"
#include "pipeline/input/decoder.hpp"
#include "pipeline/input/decoding_thread.hpp"
#include "pipeline/input/unread_text.hpp"
#include "pipeline/interrupt.hpp"

namespace shardflow {

// Recognises gzip, zstd and lz4 by their first bytes. What parts of a regular file can be decoded apart are decoded
// ahead and several at once; from the first part on that can't, or is damaged, all is decoded in the order of its
// bytes, and so a message tells the very byte; zstd then by a thread of its own. One thread at a time.
class ByteStream {
 public:
  // Reads from where `file` stands. `name` is for messages; `regular`: reading it never waits. `interrupt` may be
  // nullptr, else it must outlive the stream.
  ByteStream(Descriptor file, std::string name, bool regular, const Interrupt* interrupt);
  ByteStream(const ByteStream&) = delete;  // ahead_ reads by way of this one
  ByteStream& operator=(const ByteStream&) = delete;

  // Up to `most` (more than 0) bytes; 0 at the end. Throws IoError, InterruptedError, and BadInputError with the
  // compressed offset if what was compressed is damaged or cut off.
  std::size_t read_some(char* to, std::size_t most);
  // Whether read_some() would go on without waiting for somebody else, as far as one can tell.
  bool ready() const;

  // Bytes of the file that were used so far, as they are there.
  std::uint64_t taken_bytes() const {
    if (thread_) return thread_->taken_bytes();
    return ahead_ ? ahead_->taken_bytes() : taken_bytes_;
  }
  bool compressed() const { return coding_ != Coding::kPlain; }

  // Of a regular file that is not compressed:
  // Where in it the stream stands.
  std::uint64_t position() const { return start_ + taken_bytes_; }
  // Copies what stands `ahead` bytes behind the stream, up to `most` bytes. How many: less where the file ends.
  std::size_t peek(std::uint64_t ahead, char* to, std::size_t most) const;
  // Takes bytes without reading them: `bytes`, the first of them `back` bytes before where the stream stands.
  // REQUIRES: back <= bytes.
  UnreadText leave(std::size_t back, std::size_t bytes);

 private:
  int number() const { return file_->descriptor.number(); }
  void recognise();
  std::size_t read_plain(char* to, std::size_t most);
  std::size_t decode_ahead(char* to, std::size_t most);
  void decode_beside();
  std::size_t decode(char* to, std::size_t most);
  std::size_t read_file(char* to, std::size_t most) const;
  bool readable_now(int timeout_ms) const;
  [[noreturn]] void refuse(const std::string& why) const;

  std::shared_ptr<const OpenFile> file_;
  const bool regular_;
  const Interrupt* interrupt_;
  std::uint64_t start_ = 0;  // of a regular file: where in it the stream began
  bool moved_ = false;       // by leave(): the descriptor stands elsewhere
  std::uint64_t taken_bytes_ = 0;

  std::array<char, 4> first_{};  // read to recognise the coding
  std::string_view unused_;      // what is read and not yet decoded or handed over, of first_ or buffer_
  bool recognised_ = false;
  Coding coding_ = Coding::kPlain;
  std::unique_ptr<DecodeAhead> ahead_;      // until it has no more to give
  std::unique_ptr<Decoder> decoder_;        // and then of all that follows
  std::vector<char> buffer_;                // of compressed bytes
  bool holds_text_ = false;                 // the decoder, maybe: it filled all that it was given
  bool over_ = false;                       // no more can be read
  std::unique_ptr<DecodingThread> thread_;  // has decode() to itself
};

}  // namespace shardflow
