// A thread that decodes a stream ahead of whoever reads it.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <exception>
#include <functional>
#include <mutex>
#include <thread>

#include "pipeline/pages.hpp"

namespace shardflow {

// What decodes stays on one core, with what it looks back at in that core's caches: where each block is decoded by
// whichever thread is idle, all that goes from core to core with it.
class DecodingThread {
 public:
  // `decode` gives the next bytes of the text, 0 at its end, and is called by this object's thread alone;
  // `taken_bytes` tells how much of the file they took so far, and likewise.
  DecodingThread(std::function<std::size_t(char*, std::size_t)> decode, std::function<std::uint64_t()> taken_bytes);
  ~DecodingThread();
  DecodingThread(const DecodingThread&) = delete;
  DecodingThread& operator=(const DecodingThread&) = delete;

  // Up to `most` (more than 0) bytes of text; 0 at its end. Waits for them. Throws what `decode` threw, once all that
  // is before it was read. One thread at a time.
  std::size_t read_some(char* to, std::size_t most);
  // Of the file, that were used for the text so far, to within a piece.
  std::uint64_t taken_bytes() const { return taken_bytes_; }

 private:
  struct Piece {
    Pages bytes;
    std::size_t size = 0;
    std::uint64_t taken_bytes = 0;
    std::exception_ptr error;
  };

  void run();
  void decode_into(Piece& piece) noexcept;

  const std::function<std::size_t(char*, std::size_t)> decode_;
  const std::function<std::uint64_t()> count_taken_;

  MemoryBudget budget_{UINT64_MAX};  // the pieces are few
  std::mutex mutex_;
  std::condition_variable changed_;
  // Under the mutex:
  std::deque<Piece> spare_;
  std::deque<Piece> decoded_;  // in the text's order
  bool stopped_ = false;

  std::size_t given_ = 0;  // of the first piece
  std::uint64_t taken_bytes_ = 0;
  std::thread thread_;
};

}  // namespace shardflow
