// How a record is written, such that reading it gives the same record again.
#pragma once

#include <stdexcept>
#include <string>
#include <string_view>

#include "pipeline/output/record_layout.hpp"

namespace shardflow {

enum class RecordFormat {
  kTsv,         // KEY TAB VALUE LF, bytes as they are
  kEscapedTsv,  // likewise, with \t \n \r \\ as PostgreSQL's COPY and `mysql --batch` write them
  kCsv,         // RFC 4180, LF: quoted where it must be
  kJsonLines,   // {"key":"…","value":"…"} LF
};

// A record that the format has no way to write. The message names the key, and what would do.
class EncodingError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

// Appends the record. Throws EncodingError: TSV without escapes has no TAB in a key and no LF; JSON is UTF-8.
// Where the layout has the value elsewhere than in a field of its own, it must be what a reader would find there.
template <RecordFormat format>
void append_record(std::string& text, std::string_view key, std::string_view value,
                   const RecordLayout& layout = RecordLayout::usual(format));

// Whether a file that begins with this text needs a byte order mark before it: there a reader skips one, and takes what
// begins like a compressed file for one; but not what comes behind a mark. REQUIRES: not empty.
bool would_be_misread(std::string_view text);

// A field with TAB, LF, CR and backslash escaped.
void append_escaped(std::string& text, std::string_view field);
// A field in quotes where RFC 4180 asks for them, and where a byte order mark would else be taken for the file's.
void append_csv_field(std::string& text, std::string_view field, char delimiter = ',');
// A string with its quotes, of the record of this key. Throws EncodingError if it is not UTF-8.
void append_json_string(std::string& text, std::string_view field, std::string_view key);

}  // namespace shardflow
