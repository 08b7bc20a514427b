// Where blocks come from.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "pipeline/block.hpp"

namespace shardflow {

// Gives the input as blocks of whole records, in file order. One thread at a time.
class Source {
 public:
  virtual ~Source() = default;
  Source(const Source&) = delete;
  Source& operator=(const Source&) = delete;

  // Fills `block` (which must be empty) with the next records, of one file, and says where they stand.
  // False: the input is over, the block is untouched. Throws IoError, BadInputError (a record beyond the
  // limit) and InterruptedError.
  virtual bool next(Block& block) = 0;

  // Likewise, but the text may be left in its file for whoever works on it: Block::read_text() reads it.
  virtual bool next_unread(Block& block) { return next(block); }

  // The name for messages of file `index` (Block::file_index).
  virtual const std::string& file_name(std::uint32_t index) const = 0;

  // True if next() may wait for somebody else, as on a pipe: the graph then gives it a thread of its own.
  virtual bool may_wait() const = 0;

 protected:
  Source() = default;
};

}  // namespace shardflow
