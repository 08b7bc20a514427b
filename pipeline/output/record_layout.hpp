// Where key and value stand in a record that is written.
#pragma once

#include <string>

#include "pipeline/input/json_fields.hpp"

namespace shardflow {

struct FileOptions;
enum class RecordFormat;

// Made from the options by which records are read, so that they find what is written where they look for it. By
// default: the first two columns; members key and value. TSV has nothing to choose.
struct RecordLayout {
  // The text around key and value.
  std::string before;
  std::string between;
  std::string behind;
  std::string head;  // before the first record: a header
  char delimiter = ',';
  bool value_first = false;
  bool value_is_key = false;   // one field is both
  bool value_is_rest = false;  // of CSV: the value is the rest of the record, as it stands
  bool value_is_line = false;  // of JSON Lines: the value is the line, and has the key in it
  JsonFields fields;           // where then

  // Throws std::invalid_argument where no record could have both, or no JSON one of them.
  static RecordLayout of(RecordFormat format, const FileOptions& options);
  // Of records that are read without options.
  static const RecordLayout& usual(RecordFormat format);
};

}  // namespace shardflow
