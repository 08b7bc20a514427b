// The first record of a CSV file, where it names the columns.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace shardflow {

// Columns are numbered up to here: what is written by a larger number would be delimiters above all.
inline constexpr std::uint32_t kMostColumns = 1'000'000;

// Why there is no such column where no header names the columns: "'id' is a column's name, which takes --header".
std::string no_column(const std::string& name);

// The fields of one record without its line end, without quotes.
std::vector<std::string> split_csv(std::string_view record, char delimiter);

// The column of this name, or else of this number, which counts from 1; itself counted from 0. Throws
// std::invalid_argument that lists those that there are.
std::uint32_t find_column(const std::vector<std::string>& header, const std::string& name);

}  // namespace shardflow
