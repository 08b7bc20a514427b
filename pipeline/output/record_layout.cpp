#include "pipeline/output/record_layout.hpp"

#include <simdjson.h>

#include <algorithm>
#include <stdexcept>
#include <vector>

#include "pipeline/errors.hpp"
#include "pipeline/input/file_source.hpp"
#include "pipeline/output/record_format.hpp"

namespace shardflow {
namespace {

struct Column {
  std::uint32_t index;
  std::string name;  // empty: it goes by its index
};

// Named columns may be anywhere: in the first that is free.
void place(Column& key, Column& value, bool value_is_rest) {
  if (!key.name.empty()) key.index = !value_is_rest && value.name.empty() && value.index == 0 ? 1 : 0;
  if (!value.name.empty()) value.index = value.name == key.name ? key.index : key.index == 0 ? 1 : 0;
}

// Of a column that goes by its index: another than the one that goes by its name.
std::string name_of(const Column& column, const Column& other, const char* usual) {
  if (!column.name.empty()) return column.name;
  return other.name == usual ? usual + std::string("_") : usual;
}

std::string header(const Column& key, const Column& value, char delimiter) {
  std::vector<std::string> names(std::max(key.index, value.index) + 1);
  names[value.index] = name_of(value, key, "value");
  names[key.index] = name_of(key, value, "key");
  std::string text;
  for (const std::string& name : names) {
    if (&name != &names.front()) text += delimiter;
    append_csv_field(text, name, delimiter);
  }
  return text + "\n";
}

RecordLayout csv_layout(const FileOptions& options) {
  RecordLayout layout;
  const bool rest = options.format.value_is_rest;
  Column key{options.format.key_column, options.key_name};
  Column value{options.format.value_column, options.value_name};
  place(key, value, rest);
  if (rest) value.index = key.index + 1;
  layout.delimiter = options.format.delimiter;
  layout.value_is_rest = rest;
  layout.value_is_key = value.index == key.index;
  layout.value_first = value.index < key.index;
  const auto [first, second] = std::minmax(key.index, value.index);
  layout.before = std::string(first, layout.delimiter);
  layout.between = std::string(second - first, layout.delimiter);
  if (options.header) layout.head = header(key, value, layout.delimiter);
  return layout;
}

// Names and braces up to the value at the end of a path, the first `open` of which are there.
std::string open_path(const JsonPath& path, std::size_t open) {
  std::string text;
  for (std::size_t i = open; i < path.size(); ++i) {
    const std::string& name = path[i];
    if (!simdjson::validate_utf8(name.data(), name.size())) {
      throw std::invalid_argument("as JSON Lines, no record can be written with a field \"" + excerpt(name) +
                                  "\", which is not UTF-8");
    }
    if (i > open) text += '{';
    append_json_string(text, name, name);
    text += ':';
  }
  return text;
}

RecordLayout json_layout(const JsonFields& fields) {
  RecordLayout layout;
  const JsonPath& key = fields.key;
  const JsonPath& value = fields.value;
  layout.fields = fields;
  layout.value_is_line = value.empty();
  layout.value_is_key = value == key;
  layout.before = "{" + open_path(key, 0);
  if (layout.value_is_key || layout.value_is_line) {
    layout.behind = std::string(key.size(), '}');
    return layout;
  }
  const auto shared = static_cast<std::size_t>(std::ranges::mismatch(key, value).in1 - key.begin());
  if (shared == std::min(key.size(), value.size())) {
    throw std::invalid_argument("as JSON Lines, no record can be written of which one field is in the other");
  }
  layout.between = std::string(key.size() - shared - 1, '}') + "," + open_path(value, shared);
  layout.behind = std::string(value.size(), '}');
  return layout;
}

}  // namespace

RecordLayout RecordLayout::of(RecordFormat format, const FileOptions& options) {
  if (format == RecordFormat::kCsv) return csv_layout(options);
  return format == RecordFormat::kJsonLines ? json_layout(options.json) : RecordLayout();
}

const RecordLayout& RecordLayout::usual(RecordFormat format) {
  static const RecordLayout kTsv;
  static const RecordLayout kCsv = of(RecordFormat::kCsv, {});
  static const RecordLayout kJsonLines = of(RecordFormat::kJsonLines, {});
  return format == RecordFormat::kCsv ? kCsv : format == RecordFormat::kJsonLines ? kJsonLines : kTsv;
}

}  // namespace shardflow
