// The options of commands that write records.
#include <optional>
#include <string_view>
#include <utility>

#include "app/options/groups.hpp"

namespace shardflow::app {
namespace {

// Takes .gz or .zst off the name's end.
Compression take_compression(std::string_view& name) {
  for (const auto& [suffix, compression] : {std::pair{std::string_view(".gz"), Compression::kGzip},
                                            std::pair{std::string_view(".zst"), Compression::kZstd}}) {
    if (!name.ends_with(suffix)) continue;
    name.remove_suffix(suffix.size());
    return compression;
  }
  return Compression::kNone;
}

std::optional<RecordFormat> format_of(std::string_view name) {
  if (name == "tsv") return RecordFormat::kTsv;
  if (name == "csv") return RecordFormat::kCsv;
  if (name == "jsonl" || name == "ndjson") return RecordFormat::kJsonLines;
  return std::nullopt;
}

}  // namespace

void add_output_format(po::options_description& options) {
  options.add_options()(
      "output-format", text("auto")->value_name("FORMAT"),
      "tsv, csv or jsonl, with .gz or .zst behind it to compress; auto: as --output's name ends, else tsv");
}

// "csv.gz", or the end of "last.csv.gz".
WriteOptions read_write_options(const Merged& merged) {
  const std::string asked = merged.get("output-format");
  const std::string output = merged.get("output");
  std::string_view name = asked == "auto" ? output : asked;
  WriteOptions options;
  options.compression = take_compression(name);
  const RecordFormat tsv = merged.on("escape") ? RecordFormat::kEscapedTsv : RecordFormat::kTsv;
  if (asked == "auto") {
    options.format = format_of(name.substr(name.rfind('.') + 1)).value_or(tsv);
  } else if (const auto format = format_of(name)) {
    options.format = *format;
  } else {
    throw UsageError("--output-format: '" + asked + "' is none of tsv, csv and jsonl, with or without .gz or .zst");
  }
  if (options.format == RecordFormat::kTsv) options.format = tsv;
  return options;
}

}  // namespace shardflow::app
