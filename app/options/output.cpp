// The options of commands that write records.
#include <optional>
#include <string_view>
#include <utility>

#include "app/options/groups.hpp"

namespace shardflow::app {
namespace {

// Takes .gz, .zst or .lz4 off the name's end.
Compression take_compression(std::string_view& name) {
  for (const std::string_view unknown : {".bz2", ".xz", ".zip", ".z", ".br"}) {
    if (name.ends_with(unknown)) {
      throw UsageError("'" + std::string(unknown) + "' is not written here; take .gz, .zst or .lz4");
    }
  }
  for (const auto& [suffix, compression] :
       {std::pair{std::string_view(".gz"), Compression::kGzip}, std::pair{std::string_view(".zst"), Compression::kZstd},
        std::pair{std::string_view(".lz4"), Compression::kLz4}}) {
    if (!name.ends_with(suffix)) continue;
    name.remove_suffix(suffix.size());
    return compression;
  }
  return Compression::kNone;
}

std::string lower_case(std::string text) {
  for (char& c : text) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return text;
}

std::optional<RecordFormat> format_of(std::string_view name) {
  if (name == "tsv") return RecordFormat::kTsv;
  if (name == "csv") return RecordFormat::kCsv;
  if (name == "jsonl" || name == "ndjson") return RecordFormat::kJsonLines;
  return std::nullopt;
}

// By what stands behind the last dot of a file's name: one without a dot tells none to who reads it, either.
std::optional<RecordFormat> format_by_end(std::string_view name) {
  const std::size_t dot = name.rfind('.');
  return dot == std::string_view::npos ? std::nullopt : format_of(name.substr(dot + 1));
}

}  // namespace

void add_output_format(po::options_description& options) {
  options.add_options()(
      "output-format", text("auto")->value_name("FORMAT"),
      "tsv, csv or jsonl, with .gz, .zst or .lz4 behind it to compress; auto: as --output's name ends, else tsv");
}

WriteOptions format_of_name(const std::string& file) {
  const std::string lower = lower_case(file);
  std::string_view name = lower;
  WriteOptions options;
  options.compression = take_compression(name);
  options.format = format_by_end(name).value_or(RecordFormat::kTsv);
  return options;
}

// "csv.gz", or the end of "last.csv.gz".
WriteOptions read_output_format(const Merged& merged, const FileOptions& file) {
  const std::string asked = lower_case(merged.get("output-format"));
  const std::string output = lower_case(merged.get("output"));
  std::string_view name = asked == "auto" ? output : asked;
  WriteOptions options;
  options.compression = take_compression(name);
  const RecordFormat tsv = merged.on("escape") ? RecordFormat::kEscapedTsv : RecordFormat::kTsv;
  if (asked == "auto") {
    options.format = format_by_end(name).value_or(tsv);
  } else if (const auto format = format_of(name)) {
    options.format = *format;
  } else {
    throw UsageError("--output-format: '" + asked +
                     "' is none of tsv, csv and jsonl, with or without .gz, .zst or .lz4");
  }
  if (options.format == RecordFormat::kTsv) options.format = tsv;
  // As it would be read.
  const bool with_tabs = asked == "auto" && file.recognise_kind && file.format.delimiter == '\t';
  if (options.format == RecordFormat::kTsv && with_tabs) options.format = RecordFormat::kCsv;
  return options;
}

}  // namespace shardflow::app
