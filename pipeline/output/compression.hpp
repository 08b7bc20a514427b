// Compressing output, piece by piece.
#pragma once

#include <memory>
#include <string>
#include <string_view>

namespace shardflow {

enum class Compression { kNone, kGzip, kZstd, kLz4 };

// Makes each piece gzip members (BGZF's), or zstd or lz4 frames, of its own: the formats allow any number of them in a
// row, so that pieces can be compressed in parallel and written one after the other, and, but for lz4, decoded in
// parallel, as they tell how long they are. One thread at a time.
class Compressor {
 public:
  explicit Compressor(Compression compression);
  ~Compressor();
  Compressor(const Compressor&) = delete;
  Compressor& operator=(const Compressor&) = delete;

  // Compresses `text` in its place; nothing becomes an empty member or frame. Throws std::bad_alloc.
  void run(std::string& text);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace shardflow
