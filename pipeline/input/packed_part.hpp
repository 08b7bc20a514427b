// The members and frames of a compressed file that can be decoded apart from each other.
#pragma once

#include <cstddef>
#include <string_view>

#include "pipeline/input/decoder.hpp"

namespace shardflow {

// What a file goes on with.
struct PackedPart {
  enum class Kind {
    kWhole,      // a part that says where it ends, and is there to its end
    kMoreBytes,  // perhaps such a part: it takes more bytes to tell
    kNone,       // something else
  };
  Kind kind = Kind::kNone;
  std::size_t packed_bytes = 0;
  std::size_t most_text_bytes = 0;  // it does not expand to more, or else it is damaged
};

// Of gzip, members that tell their length as BGZF has it, which bgzip(1) and --output write: a plain one has to be
// decoded to find its end. Of zstd, all frames, those that are to be skipped too, unless they say that they expand to
// more than `text_limit`. Of lz4, none.
PackedPart first_part(Coding coding, std::string_view bytes, std::size_t text_limit);

}  // namespace shardflow
