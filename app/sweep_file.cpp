#include "app/sweep_file.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <fstream>
#include <iterator>
#include <optional>
#include <sstream>
#include <stdexcept>
#include <string_view>

#include "pipeline/errors.hpp"

namespace shardflow::app {
namespace {

// Behind these come the conditions.
constexpr std::string_view kColumns =
    "mode,records,threads,shards,capacity,block_bytes,ns_per_record,wall_s,user_s,system_s,voluntary_switches,"
    "involuntary_switches,peak_resident_bytes,records_read,keys,digest,latency_p50_ns,latency_p90_ns,latency_p99_ns,"
    "latency_p999_ns,latency_max_ns";
// In place of the time. Behind it stands what a run was allowed to take, in place of wall_s; the rest is then empty.
constexpr std::string_view kTooSlow = "too slow,";
constexpr std::size_t kEmptyFields = 13;

std::string quoted(const std::string& text) {
  std::string field = "\"";
  for (const char c : text) field += c == '"' ? "\"\"" : std::string(1, c);
  return field + '"';
}

// A run is a line, whatever its input is called.
std::string in_a_line(std::string text) {
  for (std::size_t at = 0; (at = text.find('\n', at)) != std::string::npos; at += 2) text.replace(at, 1, "\\n");
  return text;
}

std::string number(double value) {
  std::array<char, 32> digits;
  return {digits.data(), std::to_chars(digits.data(), digits.data() + digits.size(), value).ptr};
}

// Takes the fields of a line one by one.
class FieldReader {
 public:
  explicit FieldReader(std::string_view fields) : rest_(fields) {}

  std::string_view text() {
    const std::string_view field = rest_.substr(0, rest_.find(','));
    rest_.remove_prefix(std::min(field.size() + 1, rest_.size()));
    return field;
  }
  template <class Number>
  void read(Number& number) {
    const std::string_view field = text();
    const auto [end, error] = std::from_chars(field.data(), field.data() + field.size(), number);
    good_ = good_ && error == std::errc() && end == field.data() + field.size();
  }
  // Whether all that was read was a number.
  bool good() const { return good_; }

 private:
  std::string_view rest_;
  bool good_ = true;
};

std::string place(const GridPoint& at) {
  std::string text(at.mode);
  text += ',' + (at.records == UINT64_MAX ? "all" : std::to_string(at.records));
  text += ',' + std::to_string(at.threads) + ',' + std::to_string(at.shards) + ',';
  if (at.capacity != SIZE_MAX) text += at.capacity == 0 ? "unbounded" : std::to_string(at.capacity);
  return text + ',' + std::to_string(at.block_bytes);
}

std::optional<Sample> sample_in(std::string_view fields) {
  FieldReader reader(fields);
  Sample sample;
  for (double* const value : {&sample.ns_per_record, &sample.wall_s, &sample.user_s, &sample.system_s})
    reader.read(*value);
  for (std::uint64_t* const value : {&sample.voluntary_switches, &sample.involuntary_switches,
                                     &sample.peak_resident_bytes, &sample.records, &sample.keys}) {
    reader.read(*value);
  }
  sample.digest = reader.text();
  if (!reader.good()) return std::nullopt;
  LatencySummary latency;
  latency.count = sample.records;
  for (std::uint64_t* const value :
       {&latency.p50_ns, &latency.p90_ns, &latency.p99_ns, &latency.p999_ns, &latency.max_ns}) {
    reader.read(*value);
  }
  if (reader.good()) sample.latency = latency;
  return sample;
}

std::string fields_of(const Sample& sample) {
  std::string fields;
  for (const double value : {sample.ns_per_record, sample.wall_s, sample.user_s, sample.system_s})
    fields += number(value) + ',';
  for (const std::uint64_t value : {sample.voluntary_switches, sample.involuntary_switches, sample.peak_resident_bytes,
                                    sample.records, sample.keys}) {
    fields += std::to_string(value) + ',';
  }
  fields += sample.digest;
  if (!sample.latency) return fields + ",,,,,";
  const LatencySummary& latency = *sample.latency;
  for (const std::uint64_t value : {latency.p50_ns, latency.p90_ns, latency.p99_ns, latency.p999_ns, latency.max_ns}) {
    fields += ',' + std::to_string(value);
  }
  return fields;
}

// The fields of a line of CSV, without their quotes.
std::vector<std::string> split(const std::string& line) {
  std::vector<std::string> fields(1);
  bool quoted = false;
  for (std::size_t i = 0; i < line.size(); ++i) {
    if (line[i] == '"' && quoted && line.substr(i + 1, 1) == "\"") {
      fields.back() += line[i++];
    } else if (line[i] == '"') {
      quoted = !quoted;
    } else if (line[i] == ',' && !quoted) {
      fields.emplace_back();
    } else {
      fields.back() += line[i];
    }
  }
  return fields;
}

}  // namespace

SweepFile::SweepFile(std::string name, Conditions conditions)
    : name_(std::move(name)),
      conditions_(std::move(conditions)),
      header_(kColumns),
      file_(open(name_.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_APPEND, 0666)) {
  if (!file_.open()) throw IoError(name_, "cannot be opened", errno);
  if (flock(file_.number(), LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK) {
    throw std::runtime_error(name_ + ": another sweep writes it; wait for that one, or give --output another name");
  }
  for (auto& condition : conditions_) condition.second = in_a_line(std::move(condition.second));
  for (const auto& [condition, value] : conditions_) {
    header_ += ',' + condition;
    tail_ += ',' + quoted(value);
  }
  header_ += '\n';
}

void SweepFile::read_into(std::vector<SweepPoint>& points, double longest_run_s) {
  std::ifstream in(name_);
  std::string text{std::istreambuf_iterator<char>(in), {}};
  if (!text.starts_with(header_) && !header_.starts_with(text)) refuse("is no file of a sweep by this version");
  text.resize(text.rfind('\n') + 1);
  if (ftruncate(file_.number(), static_cast<off_t>(text.size())) != 0) throw IoError(name_, "cannot be written", errno);
  if (text.empty()) return write(header_);
  std::istringstream lines(text.substr(header_.size()));
  for (std::string line; std::getline(lines, line);) read_line(line, points, longest_run_s);
}

// A later line tells more than those before it.
void SweepFile::read_line(const std::string& line, std::vector<SweepPoint>& points, double longest_run_s) const {
  if (!line.ends_with(tail_)) refuse_conditions(line);
  for (SweepPoint& point : points) {
    const std::string start = place(point.at) + ',';
    if (!line.starts_with(start)) continue;
    std::string_view fields = std::string_view(line).substr(start.size());
    if (fields.starts_with(kTooSlow)) {
      fields.remove_prefix(kTooSlow.size());
      double allowed_s = 0;
      FieldReader(fields).read(allowed_s);
      point.too_slow = allowed_s >= longest_run_s;
      point.samples.clear();
    } else if (const auto sample = sample_in(fields)) {
      point.too_slow = false;
      point.samples.push_back(*sample);
    } else {
      refuse("has a line that is none of a sweep: \"" + excerpt(line) + "\"");
    }
  }
}

void SweepFile::refuse_conditions(const std::string& line) const {
  const std::vector<std::string> fields = split(line);
  const auto first = static_cast<std::size_t>(std::ranges::count(kColumns, ',')) + 1;
  if (fields.size() != first + conditions_.size())
    refuse("has a line that is none of a sweep: \"" + excerpt(line) + "\"");
  std::string differences;
  for (std::size_t i = 0; i < conditions_.size(); ++i) {
    const auto& [name, value] = conditions_[i];
    const std::string& theirs = fields[first + i];
    if (theirs == value) continue;
    differences += (differences.empty() ? "" : "; ") + name + " was '" + theirs + "', and is '" + value + "'";
  }
  refuse("has runs of another experiment: " + differences);
}

void SweepFile::refuse(const std::string& why) const {
  throw std::runtime_error(name_ + ": " + why + "; remove it, or give --output another name");
}

void SweepFile::append(const GridPoint& at, const Sample& sample) {
  write(place(at) + ',' + fields_of(sample) + tail_ + '\n');
}

void SweepFile::append_too_slow(const GridPoint& at, double longest_run_s) {
  write(place(at) + ',' + std::string(kTooSlow) + number(longest_run_s) + std::string(kEmptyFields, ',') + tail_ +
        '\n');
}

void SweepFile::write(const std::string& line) {
  // One write a line: a kill leaves at most the last one cut off.
  const ssize_t written = ::write(file_.number(), line.data(), line.size());
  if (written != static_cast<ssize_t>(line.size()))
    throw IoError(name_, "writing failed", written < 0 ? errno : ENOSPC);
}

}  // namespace shardflow::app
