// Decoding a compressed file's parts ahead of whoever reads it, several at once.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "pipeline/input/byte_buffer.hpp"
#include "pipeline/input/decoder.hpp"
#include "pipeline/pages.hpp"

namespace shardflow {

// Cuts a file into units of about 1 MiB of text, whole members or frames, and decodes them on the idle threads of the
// caller's arena of oneTBB; the caller decodes, too, what none has begun. In an arena of one thread it does so alone.
// At most 9 units and 96 MiB of text are ahead: one of up to 32 MiB may begin where there are less than 64. One thread
// at a time.
class DecodeAhead {
 public:
  // `read` gives the file's next bytes, 0 at its end; `first` are those that were read already. REQUIRES: gzip or zstd.
  DecodeAhead(Coding coding, std::string_view first, std::function<std::size_t(char*, std::size_t)> read);
  ~DecodeAhead();
  DecodeAhead(const DecodeAhead&) = delete;
  DecodeAhead& operator=(const DecodeAhead&) = delete;

  // Up to `most` (more than 0) bytes of text. 0: what comes next is not for this class: the file's end, a part that
  // does not tell its length or is too large, or damage. It is in rest(), and in the file behind. Throws what `read`
  // throws, std::bad_alloc.
  std::size_t read_some(char* to, std::size_t most);

  // Bytes of the file that were used for the text so far.
  std::uint64_t taken_bytes() const;
  // Once read_some() gave 0: what was read of the file, and not used. It begins at a part's start.
  std::string rest() const;

 private:
  class Unit;

  void cut_units();
  void decode_elsewhere(Unit& unit);
  bool cut(Unit& unit);
  bool read_more(ByteBuffer& packed);
  bool finish_head();

  const Coding coding_;
  const std::function<std::size_t(char*, std::size_t)> read_;
  const std::size_t threads_;
  MemoryBudget budget_{UINT64_MAX};          // what is ahead is bounded otherwise
  std::deque<std::unique_ptr<Unit>> ahead_;  // in file order; the first one is being read
  std::deque<std::unique_ptr<Unit>> spare_;
  std::atomic<std::size_t> tasks_{0};  // that are not over yet, and know units
  ByteBuffer uncut_{budget_};          // read, behind the last unit
  bool over_ = false;                  // no unit can be cut from what follows
  std::size_t given_ = 0;              // of the head's text
  std::uint64_t used_bytes_ = 0;       // of the file, in units that are over
};

}  // namespace shardflow
