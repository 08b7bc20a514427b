#include "pipeline/input/synthetic.hpp"

#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cmath>
#include <set>
#include <stdexcept>

#include "pipeline/errors.hpp"
#include "pipeline/quantity.hpp"

namespace shardflow {
namespace {

constexpr std::array<std::pair<std::string_view, KeyDistribution>, 4> kDistributions{{
    {"sequential", KeyDistribution::kSequential},
    {"uniform", KeyDistribution::kUniform},
    {"zipf", KeyDistribution::kZipf},
    {"few-hot-keys", KeyDistribution::kFewHotKeys},
}};

KeyDistribution parse_distribution(std::string_view name) {
  for (const auto& [known, distribution] : kDistributions) {
    if (name == known) return distribution;
  }
  throw std::invalid_argument("'" + std::string(name) +
                              "' is no distribution; there are sequential, uniform, zipf and few-hot-keys");
}

double parse_number(std::string_view text) {
  double number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size() || !(number >= 0) || !std::isfinite(number)) {
    throw std::invalid_argument("'" + std::string(text) + "' is no number of 0 or more");
  }
  return number;
}

// Keys and values longer than this are a slip, or a test of --max-record that a file does better.
constexpr std::uint64_t kMostPaddedBytes = std::uint64_t{1} << 20;

std::uint32_t parse_length(std::string_view text) {
  const std::uint64_t bytes = parse_count(text);
  if (bytes > kMostPaddedBytes) throw std::invalid_argument("'" + std::string(text) + "' is over 1 MiB");
  return static_cast<std::uint32_t>(bytes);
}

// Of more, a double can't tell one rank of zipf from the next.
constexpr std::uint64_t kMostZipfKeys = std::uint64_t{1} << 53;

void check_keys(const SyntheticSpec& spec) {
  if (spec.distribution != KeyDistribution::kZipf || spec.key_count() <= kMostZipfKeys) return;
  throw std::invalid_argument("zipf has at most " + std::to_string(kMostZipfKeys) + " keys (2^53), not " +
                              std::to_string(spec.key_count()));
}

double parse_share(std::string_view text) {
  const double share = parse_number(text);
  if (share > 1) throw std::invalid_argument("'" + std::string(text) + "' is no share of 0 to 1");
  return share;
}

// That it would be without effect.
void check_belongs(std::string_view parameter, KeyDistribution distribution) {
  const auto is_of = [&](std::string_view owner, KeyDistribution wanted) {
    if (distribution != wanted) {
      throw std::invalid_argument("'" + std::string(parameter) + "' is of " + std::string(owner) + " alone");
    }
  };
  if (parameter == "skew") is_of("zipf", KeyDistribution::kZipf);
  if (parameter.starts_with("hot-")) is_of("few-hot-keys", KeyDistribution::kFewHotKeys);
}

void set_parameter(SyntheticSpec& spec, std::string_view name, std::string_view value) {
  if (name == "records") {
    spec.records = parse_count(value);
  } else if (name == "keys") {
    spec.keys = parse_count(value);
  } else if (name == "skew") {
    spec.skew = parse_number(value);
  } else if (name == "hot-keys") {
    spec.hot_keys = parse_count(value);
  } else if (name == "hot-share") {
    spec.hot_share = parse_share(value);
  } else if (name == "key-bytes") {
    spec.key_bytes = parse_length(value);
  } else if (name == "value-bytes") {
    spec.value_bytes = parse_length(value);
  } else if (name == "seed") {
    spec.seed = parse_count(value);
  } else {
    throw std::invalid_argument("'" + std::string(name) +
                                "' is no parameter; there are records, keys, skew, hot-keys, hot-share, key-bytes, "
                                "value-bytes and seed");
  }
  check_belongs(name, spec.distribution);
}

// "key" and the number, padded with zeros to `bytes`.
void append_padded(std::string& text, std::string_view name, std::uint64_t number, std::uint32_t bytes) {
  std::array<char, 20> digits;
  const char* const end = std::to_chars(digits.data(), digits.data() + digits.size(), number).ptr;
  const auto count = static_cast<std::size_t>(end - digits.data());
  text += name;
  if (name.size() + count < bytes) text.append(bytes - name.size() - count, '0');
  text.append(digits.data(), count);
}

// The antiderivative of 1 / x^skew and its inverse, by way of log1p and expm1 so that a skew of 1 is no
// special case.
double zipf_integral(double x, double skew) {
  const double log_x = std::log(x);
  const double power = (1 - skew) * log_x;
  return log_x * (std::abs(power) > 1e-8 ? std::expm1(power) / power : 1 + power / 2);
}
double zipf_integral_inverse(double y, double skew) {
  const double power = std::max(-1.0, y * (1 - skew));
  return std::exp(y * (std::abs(power) > 1e-8 ? std::log1p(power) / power : 1 - power / 2));
}
double zipf_weight(double x, double skew) { return std::exp(-skew * std::log(x)); }

}  // namespace

SyntheticSpec SyntheticSpec::parse(std::string_view text) {
  SyntheticSpec spec;
  const std::size_t colon = text.find(':');
  spec.distribution = parse_distribution(text.substr(0, colon));
  if (colon == std::string_view::npos || colon + 1 == text.size()) return spec;
  std::set<std::string_view> given;
  for (std::size_t at = colon; at != std::string_view::npos; at = text.find(',', at + 1)) {
    const std::string_view rest = text.substr(at + 1);
    const std::string_view parameter = rest.substr(0, rest.find(','));
    const std::size_t equals = parameter.find('=');
    if (equals == std::string_view::npos) {
      throw std::invalid_argument("'" + std::string(parameter) + "' has no value; expected NAME=VALUE");
    }
    const std::string_view name = parameter.substr(0, equals);
    set_parameter(spec, name, parameter.substr(equals + 1));
    if (!given.insert(name).second) throw std::invalid_argument("'" + std::string(name) + "' is given twice");
  }
  check_keys(spec);
  return spec;
}

SyntheticSpec SyntheticSpec::first(std::uint64_t most) const {
  SyntheticSpec fewer = *this;
  fewer.keys = key_count();
  fewer.records = std::min(records, most);
  return fewer;
}

SyntheticRecords::SyntheticRecords(const SyntheticSpec& spec) : spec_(spec), random_(spec.seed) {
  check_keys(spec);
  spec_.keys = spec.key_count();
  if (spec_.hot_keys == 0 || spec_.hot_keys > spec_.keys) spec_.hot_keys = spec_.keys;
  zipf_first_ = zipf_integral(1.5, spec_.skew) - 1;
  zipf_last_ = zipf_integral(static_cast<double>(spec_.keys) + 0.5, spec_.skew);
  zipf_threshold_ = 2 - zipf_integral_inverse(zipf_integral(2.5, spec_.skew) - zipf_weight(2, spec_.skew), spec_.skew);
}

bool SyntheticRecords::append_next(std::string& text) {
  if (next_ == spec_.records) return false;
  append_padded(text, "key", draw_key(), spec_.key_bytes);
  text += '\t';
  append_padded(text, "value", next_++, spec_.value_bytes);
  text += '\n';
  return true;
}

std::uint64_t SyntheticRecords::draw_key() {
  switch (spec_.distribution) {
    case KeyDistribution::kSequential:
      return next_ % spec_.keys;
    case KeyDistribution::kUniform:
      return below(spec_.keys);
    case KeyDistribution::kZipf:
      return draw_zipf();
    case KeyDistribution::kFewHotKeys:
      return unit() < spec_.hot_share ? below(spec_.hot_keys) : below(spec_.keys);
  }
  return 0;
}

// Multiply and shift; the bias is below bound / 2^64.
std::uint64_t SyntheticRecords::below(std::uint64_t bound) {
  __extension__ using Product = unsigned __int128;
  return static_cast<std::uint64_t>((static_cast<Product>(random_()) * bound) >> 64);
}

double SyntheticRecords::unit() { return static_cast<double>(random_() >> 11) * 0x1p-53; }

// Rejection-inversion: Hörmann and Derflinger, "Rejection-inversion to generate variates from monotone
// discrete distributions", ACM TOMACS 6 (1996). No table, and on average less than 1.2 draws.
std::uint64_t SyntheticRecords::draw_zipf() {
  const auto last = static_cast<double>(spec_.keys);
  for (;;) {
    const double u = zipf_last_ + unit() * (zipf_first_ - zipf_last_);
    const double x = zipf_integral_inverse(u, spec_.skew);
    const double rank = std::clamp(std::floor(x + 0.5), 1.0, last);
    if (rank - x <= zipf_threshold_ || u >= zipf_integral(rank + 0.5, spec_.skew) - zipf_weight(rank, spec_.skew)) {
      return static_cast<std::uint64_t>(rank) - 1;
    }
  }
}

Descriptor synthetic_file(const SyntheticSpec& spec) {
  constexpr std::size_t kWriteBytes = std::size_t{1} << 20;
  Descriptor file(memfd_create("synthetic", MFD_CLOEXEC));
  if (!file.open()) throw IoError("synthetic input", "no memory file", errno);
  SyntheticRecords records(spec);
  std::string text;
  for (bool more = true; more;) {
    text.clear();
    while (text.size() < kWriteBytes && (more = records.append_next(text))) continue;
    for (std::string_view left = text; !left.empty();) {
      const ssize_t written = write(file.number(), left.data(), left.size());
      if (written < 0) throw IoError("synthetic input", "writing to memory failed", errno);
      left.remove_prefix(static_cast<std::size_t>(written));
    }
  }
  lseek(file.number(), 0, SEEK_SET);
  return file;
}

}  // namespace shardflow
