#include "pipeline/quantity.hpp"

#include <array>
#include <charconv>
#include <cmath>
#include <span>
#include <stdexcept>
#include <utility>

namespace shardflow {
namespace {

using Unit = std::pair<std::string_view, double>;

std::uint64_t parse(std::string_view text, std::span<const Unit> units, std::string_view expected) {
  const auto refuse = [&]() -> std::uint64_t {
    throw std::invalid_argument("'" + std::string(text) + "' is not " + std::string(expected));
  };
  double number = 0;
  const auto [unit_begin, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || !(number >= 0)) return refuse();
  const std::string_view unit = text.substr(static_cast<std::size_t>(unit_begin - text.data()));
  for (const auto& [name, factor] : units) {
    if (unit != name) continue;
    const double value = number * factor;
    if (value != std::floor(value) || value > 0x1p53) return refuse();
    return static_cast<std::uint64_t>(value);
  }
  return refuse();
}

}  // namespace

std::uint64_t parse_count(std::string_view text) {
  static constexpr std::array<Unit, 4> kUnits{{{"", 1}, {"k", 1e3}, {"M", 1e6}, {"G", 1e9}}};
  return parse(text, kUnits, "a whole number such as 5000, 10k or 5M");
}

std::uint64_t parse_bytes(std::string_view text) {
  static constexpr std::array<Unit, 11> kUnits{{{"", 1},
                                                {"B", 1},
                                                {"kB", 1e3},
                                                {"MB", 1e6},
                                                {"GB", 1e9},
                                                {"K", 0x1p10},
                                                {"M", 0x1p20},
                                                {"G", 0x1p30},
                                                {"KiB", 0x1p10},
                                                {"MiB", 0x1p20},
                                                {"GiB", 0x1p30}}};
  return parse(text, kUnits, "a size such as 4096, 256KiB or 64MiB");
}

std::string format_bytes(std::uint64_t bytes) {
  static constexpr std::array<std::pair<std::string_view, int>, 3> kUnits{{{"GiB", 30}, {"MiB", 20}, {"KiB", 10}}};
  for (const auto& [name, shift] : kUnits) {
    if (bytes != 0 && bytes % (std::uint64_t{1} << shift) == 0)
      return std::to_string(bytes >> shift) + std::string(name);
  }
  return std::to_string(bytes);
}

}  // namespace shardflow
