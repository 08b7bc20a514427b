#include "pipeline/quantity.hpp"

#include <algorithm>
#include <array>
#include <cassert>
#include <charconv>
#include <numeric>
#include <optional>
#include <span>
#include <stdexcept>
#include <utility>

namespace shardflow {
namespace {

using Unit = std::pair<std::string_view, std::uint64_t>;

// Takes digits off the text; none: there are none, or 64 bits can't hold the number.
std::optional<std::uint64_t> take_digits(std::string_view& text) {
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc()) return std::nullopt;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  return number;
}

// A number's digits before and behind its point.
struct Decimal {
  std::uint64_t whole = 0;
  std::uint64_t fraction = 0;
  std::uint64_t parts = 1;  // a power of ten: so many of the fraction's last digit's are one
};

std::optional<Decimal> take_decimal(std::string_view& text) {
  const auto whole = take_digits(text);
  if (!whole) return std::nullopt;
  Decimal number{*whole};
  if (!text.starts_with('.')) return number;
  text.remove_prefix(1);
  const std::size_t before = text.size();
  const auto fraction = take_digits(text);
  if (!fraction) return std::nullopt;
  number.fraction = *fraction;
  for (std::size_t digits = before - text.size(); digits > 0; --digits) {
    if (__builtin_mul_overflow(number.parts, 10, &number.parts)) return std::nullopt;
  }
  return number;
}

// In integers: 4.1 million is no such number of halves, quarters … as a double is.
std::optional<std::uint64_t> times(const Decimal& number, std::uint64_t factor) {
  const std::uint64_t common = std::gcd(number.fraction, number.parts);
  const std::uint64_t parts = number.parts / common;
  assert(parts > 0);
  std::uint64_t value = 0;
  if (factor % parts != 0 || __builtin_mul_overflow(number.whole, factor, &value)) return std::nullopt;
  // Less than the factor, because the fraction is less than one.
  const std::uint64_t rest = number.fraction / common * (factor / parts);
  if (__builtin_add_overflow(value, rest, &value)) return std::nullopt;
  return value;
}

std::uint64_t parse(std::string_view text, std::span<const Unit> units, std::string_view expected) {
  std::string_view unit = text;
  if (const auto number = take_decimal(unit)) {
    const auto found = std::ranges::find(units, unit, &Unit::first);
    const auto value = found == units.end() ? std::nullopt : times(*number, found->second);
    if (value) return *value;
  }
  throw std::invalid_argument("'" + std::string(text) + "' is not " + std::string(expected));
}

}  // namespace

std::uint64_t parse_count(std::string_view text) {
  static constexpr std::array<Unit, 4> kUnits{{{"", 1}, {"k", 1'000}, {"M", 1'000'000}, {"G", 1'000'000'000}}};
  return parse(text, kUnits, "a whole number such as 5000, 10k or 5M");
}

std::uint64_t parse_bytes(std::string_view text) {
  static constexpr std::array<Unit, 11> kUnits{{{"", 1},
                                                {"B", 1},
                                                {"kB", 1'000},
                                                {"MB", 1'000'000},
                                                {"GB", 1'000'000'000},
                                                {"K", std::uint64_t{1} << 10},
                                                {"M", std::uint64_t{1} << 20},
                                                {"G", std::uint64_t{1} << 30},
                                                {"KiB", std::uint64_t{1} << 10},
                                                {"MiB", std::uint64_t{1} << 20},
                                                {"GiB", std::uint64_t{1} << 30}}};
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
