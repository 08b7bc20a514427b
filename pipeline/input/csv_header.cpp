#include "pipeline/input/csv_header.hpp"

#include <algorithm>
#include <charconv>
#include <stdexcept>

#include "pipeline/errors.hpp"

namespace shardflow {

std::string no_column(const std::string& name) {
  const bool is_number = name.find_first_not_of("0123456789") == std::string::npos;
  return "'" + name + "' is " +
         (is_number ? "no column: their numbers end at " + std::to_string(kMostColumns)
                    : "a column's name, which takes --header");
}

std::vector<std::string> split_csv(std::string_view record, char delimiter) {
  std::vector<std::string> fields(1);
  bool quoted = false;
  for (std::size_t at = 0; at < record.size(); ++at) {
    if (record[at] == '"') {
      if (quoted && at + 1 < record.size() && record[at + 1] == '"') {
        fields.back() += record[++at];
      } else {
        quoted = !quoted;
      }
    } else if (record[at] == delimiter && !quoted) {
      fields.emplace_back();
    } else {
      fields.back() += record[at];
    }
  }
  return fields;
}

std::uint32_t find_column(const std::vector<std::string>& header, const std::string& name) {
  const auto found = std::ranges::find(header, name);
  if (found != header.end()) return static_cast<std::uint32_t>(found - header.begin());
  std::uint32_t number = 0;
  const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), number);
  const bool is_number = error == std::errc() && end == name.data() + name.size();
  if (is_number && number > 0 && number <= header.size()) return number - 1;
  std::string names;
  for (const std::string& each : header) names += (names.empty() ? "" : ", ") + excerpt(each);
  throw std::invalid_argument("the header has no column '" + name + "', but " + names);
}

}  // namespace shardflow
