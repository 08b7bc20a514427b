// The options that say how files are to be read.
#include <charconv>

#include "app/options/groups.hpp"

namespace shardflow::app {
namespace {

// A column by number, counted from 1.
std::optional<std::uint32_t> column_number(const std::string& text) {
  std::uint32_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  if (number == 0) throw std::invalid_argument("fields are counted from 1");
  return number - 1;
}

char read_delimiter(const std::string& text) {
  if (text == "tab" || text == "\\t") return '\t';
  if (text.size() == 1 && text != "\"" && text != "\n" && text != "\r") return text.front();
  throw std::invalid_argument("'" + text + "' is no single character, nor 'tab'");
}

void read_column(const Merged& merged, const std::string& option, std::uint32_t& number, std::string& name) {
  if (!merged.has(option)) return;
  const auto column = read_option(merged, option, column_number);
  if (column) {
    number = *column;
  } else if (merged.on("header")) {
    name = merged.get(option);
  } else {
    throw UsageError("--" + option + ": '" + merged.get(option) + "' is a column's name, which takes --header");
  }
}

}  // namespace

void add_input_format(po::options_description& options) {
  auto add = options.add_options();
  add("format", text("auto")->value_name("FORMAT"), "tsv or csv; auto: csv where a file's name ends so, else tsv");
  add("escape", po::bool_switch(), "of TSV: \\t, \\n and the like stand for what they do in SQL dumps");
  add("delimiter", text(",")->value_name("C"), "of CSV: what separates fields; 'tab' is one");
  add("header", po::bool_switch(), "of CSV: the first record of each file names its columns");
  add("key", text()->value_name("COLUMN"), "of CSV: name, or number from 1; default: 1");
  add("value", text()->value_name("COLUMN"), "likewise, default: 2; 'rest' is all behind the key");
  add("max-expanded", text()->value_name("SIZE"), "compressed files that expand to more are bad input");
}

FileOptions read_input_format(const Merged& merged) {
  FileOptions options;
  const std::string format = merged.get("format");
  if (format != "auto" && format != "tsv" && format != "csv") {
    throw UsageError("--format: '" + format + "' is none of auto, tsv and csv");
  }
  options.kind_by_name = format == "auto";
  if (merged.on("escape")) options.format.kind = TextFormat::Kind::kEscapedTsv;
  if (format == "csv") options.format.kind = TextFormat::Kind::kCsv;
  options.format.delimiter = read_option(merged, "delimiter", read_delimiter);
  options.header = merged.on("header");
  read_column(merged, "key", options.format.key_column, options.key_name);
  options.format.value_is_rest = merged.get("value") == "rest";
  if (!options.format.value_is_rest) read_column(merged, "value", options.format.value_column, options.value_name);
  if (merged.has("max-expanded")) options.max_expanded_bytes = read_option(merged, "max-expanded", parse_bytes);
  return options;
}

}  // namespace shardflow::app
