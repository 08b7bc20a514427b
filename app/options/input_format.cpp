// The options that say how files are to be read.
#include <algorithm>
#include <array>
#include <charconv>
#include <span>

#include "app/options/groups.hpp"
#include "pipeline/input/csv_header.hpp"
#include "pipeline/input/recognise_format.hpp"

namespace shardflow::app {
namespace {

// A column by number, counted from 1. What is none may be a name, also a number that is too large: JSON has such.
std::optional<std::uint32_t> column_number(const std::string& text) {
  std::uint32_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size() || number > kMostColumns) return std::nullopt;
  if (number == 0) throw std::invalid_argument("fields are counted from 1");
  return number - 1;
}

char read_delimiter(const std::string& text) {
  if (text == "tab" || text == "\\t") return '\t';
  if (text.size() == 1 && text != "\"" && text != "\n" && text != "\r") return text.front();
  throw std::invalid_argument("'" + text + "' is no single character, nor 'tab'");
}

// With a header it may be a name that is a number.
void read_column(const Merged& merged, const std::string& option, std::uint32_t& number, std::string& name) {
  if (!merged.has(option)) return;
  if (merged.on("header")) {
    name = merged.get(option);
  } else if (const auto column = read_option(merged, option, column_number)) {
    number = *column;
  } else {
    name = merged.get(option);
  }
}

void read_json_path(const Merged& merged, const std::string& option, JsonPath& path) {
  if (merged.has(option)) path = parse_json_path(merged.get(option));
}

void read_kind(const Merged& merged, FileOptions& options) {
  const std::string format = merged.get("format");
  options.recognise_kind = format == "auto";
  if (merged.on("escape")) options.format.kind = TextFormat::Kind::kEscapedTsv;
  if (format == "csv") options.format.kind = TextFormat::Kind::kCsv;
  if (format == "jsonl") options.format.kind = TextFormat::Kind::kJsonLines;
  if (format != "auto" && format != "tsv" && format != "csv" && format != "jsonl") {
    throw UsageError("--format: '" + format + "' is none of auto, tsv, csv and jsonl");
  }
}

// What made-up records have no use for.
constexpr std::array kOfFormat{"format", "escape", "key", "value", "delimiter", "header"};
// Of it, what TSV has none for, either.
constexpr std::span kOfColumns = std::span(kOfFormat).subspan<2>();

bool are_all_named_tsv(const LoadOptions& options) {
  return options.file.recognise_kind && !options.files.empty() &&
         std::ranges::all_of(options.files, [&](const std::string& name) {
           return kind_of_name(name, options.file.format.delimiter) == TextFormat::Kind::kTsv;
         });
}

// In a mixture of formats it may be of another file, and where the command line does not say it, of another run.
void check_tsv(const Merged& merged, bool all_named_tsv) {
  for (const std::string option : kOfColumns) {
    if (!merged.is_from_command_line(option)) continue;
    if (merged.get("format") == "tsv") throw UsageError("--" + option + " is not for --format tsv");
    if (all_named_tsv) {
      throw UsageError("--" + option +
                       " is not for TSV, which all files are by their names; for CSV with TABs say --delimiter tab");
    }
  }
}

void check_names(const FileOptions& options) {
  if (options.format.kind != TextFormat::Kind::kCsv || options.header) return;
  for (const std::string& name : {options.key_name, options.value_name}) {
    if (!name.empty()) throw UsageError(no_column(name));
  }
}

}  // namespace

void add_input_format(po::options_description& options) {
  auto add = options.add_options();
  add("format", text("auto")->value_name("FORMAT"),
      "tsv, csv or jsonl; auto: by the file's name, else by its first line");
  add("escape", po::bool_switch(),
      "of TSV: \\t, \\n and the like, as PostgreSQL's COPY and mysql --batch write them; not those of INTO OUTFILE");
  add("delimiter", text(",")->value_name("C"), "of CSV: what separates fields; with 'tab', TSV is read as CSV");
  add("header", po::bool_switch(), "of CSV: the first record of each file names its columns");
  add("key", text()->value_name("FIELD"),
      "of CSV: a column's name, or number from 1 to 1000000; default: 1. Of JSON Lines: a "
      "field, or a.b for one inside; default: key");
  add("value", text()->value_name("FIELD"),
      "likewise, default: 2, value; 'rest' is all of a CSV record behind the key, "
      "'.' a whole JSON line");
  add("on-error", text("stop")->value_name("WHAT"), "at a record that is none: stop, or skip it");
  add("max-errors", text()->value_name("N"), "stop all the same at the one after the first N");
  add("max-expanded", text()->value_name("SIZE"),
      "compressed files that expand to more are bad input; default: 64 MiB and 1000 times what they are");
}

namespace {

FileOptions read_file_options(const Merged& merged) {
  FileOptions options;
  read_kind(merged, options);
  options.format.delimiter = read_option(merged, "delimiter", read_delimiter);
  if (options.recognise_kind && options.format.delimiter == '\t' && merged.on("escape")) {
    throw UsageError("--delimiter tab reads TSV as CSV, which has no --escape");
  }
  options.header = merged.on("header");
  options.format.value_is_rest = merged.get("value") == "rest";
  read_column(merged, "key", options.format.key_column, options.key_name);
  if (!options.format.value_is_rest) read_column(merged, "value", options.format.value_column, options.value_name);
  check_names(options);
  read_json_path(merged, "key", options.json.key);
  read_json_path(merged, "value", options.json.value);
  if (options.json.key.empty()) throw UsageError("--key '.' would be the whole line; name a field");
  if (merged.has("max-expanded")) options.max_expanded_bytes = read_option(merged, "max-expanded", parse_bytes);
  return options;
}

void read_on_error(const Merged& merged, LoadOptions& options) {
  const std::string what = merged.get("on-error");
  if (what != "stop" && what != "skip") throw UsageError("--on-error: '" + what + "' is neither stop nor skip");
  options.run.rules.skip_bad = options.file.skip_bad = what == "skip";
  if (!merged.has("max-errors")) return;
  if (what == "stop") throw UsageError("--max-errors counts what --on-error skip skips");
  options.run.max_errors = read_option(merged, "max-errors", parse_count);
}

// Of one file; otherwise as check_tsv() has it.
bool are_columns_chosen(const Merged& merged, const LoadOptions& options) {
  return options.files.size() == 1 && (merged.is_from_command_line("key") || merged.is_from_command_line("value"));
}

// As they can be given to another run; without the `unused`.
std::vector<std::string> words_of(const Merged& merged, std::span<const char* const> unused) {
  std::vector<std::string> words;
  const auto is_for_these = [&](const std::string& name) {
    return merged.origin.contains(name) && std::ranges::count(unused, name) == 0;
  };
  for (const std::string name : {"format", "delimiter", "key", "value", "max-expanded", "on-error", "max-errors"}) {
    if (is_for_these(name)) words.insert(words.end(), {"--" + name, merged.get(name)});
  }
  for (const std::string name : {"escape", "header"}) {
    if (is_for_these(name) && merged.on(name)) words.push_back("--" + name);
  }
  return words;
}

}  // namespace

void read_input_format(const Merged& merged, LoadOptions& options) {
  options.file = read_file_options(merged);
  const bool all_named_tsv = are_all_named_tsv(options);
  check_tsv(merged, all_named_tsv);
  read_on_error(merged, options);
  options.file.columns_chosen = are_columns_chosen(merged, options);
  std::span<const char* const> unused;
  if (all_named_tsv || merged.get("format") == "tsv") unused = kOfColumns;
  // Without files, records are made up.
  if (options.files.empty()) unused = kOfFormat;
  options.file_words = words_of(merged, unused);
}

}  // namespace shardflow::app
