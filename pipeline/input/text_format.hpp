// How records stand in a text.
#pragma once

#include <cstdint>

#include "pipeline/input/json_fields.hpp"

namespace shardflow {

struct TextFormat {
  // Escapes are a letter behind a backslash. MySQL's INTO OUTFILE has the byte itself there, and is not read.
  enum class Kind {
    kTsv,         // KEY TAB VALUE, bytes as they are
    kEscapedTsv,  // likewise, with \t \n \r \\ and the like, as PostgreSQL's COPY and `mysql --batch` write them
    kCsv,         // RFC 4180
    kJsonLines,   // an object a line
  };

  Kind kind = Kind::kTsv;
  // Of CSV: what separates fields, and the columns, counted from 0, that a record is made of.
  char delimiter = ',';
  std::uint32_t key_column = 0;
  std::uint32_t value_column = 1;
  // In place of a column: all that follows the key's, as it stands.
  bool value_is_rest = false;
  // Of JSON Lines. REQUIRES there: not nullptr; it outlives all blocks of this format.
  const JsonFields* json = nullptr;
};

}  // namespace shardflow
