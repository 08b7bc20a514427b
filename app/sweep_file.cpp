#include "app/sweep_file.hpp"

#include <fcntl.h>
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

constexpr std::string_view kHeader =
    "mode,records,threads,shards,capacity,block_bytes,ns_per_record,wall_s,user_s,system_s,voluntary_switches,"
    "involuntary_switches,peak_resident_bytes,records_read,keys,digest,latency_p50_ns,latency_p90_ns,latency_p99_ns,"
    "latency_p999_ns,latency_max_ns,input,machine\n";
// In place of the time; the other fields of the run are then empty.
constexpr std::string_view kTooSlow = "too slow";
constexpr std::size_t kEmptyFields = 14;

std::string quoted(const std::string& text) {
  std::string field = "\"";
  for (const char c : text) field += c == '"' ? "\"\"" : std::string(1, c);
  return field + '"';
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

}  // namespace

SweepFile::SweepFile(std::string name, const std::string& input, const std::string& machine)
    : name_(std::move(name)),
      tail_(',' + quoted(input) + ',' + quoted(machine)),
      file_(open(name_.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_APPEND, 0666)) {
  if (!file_.open()) throw IoError(name_, "cannot be opened", errno);
}

void SweepFile::read_into(std::vector<SweepPoint>& points) {
  std::ifstream in(name_);
  std::string text{std::istreambuf_iterator<char>(in), {}};
  if (!text.starts_with(kHeader) && !kHeader.starts_with(text)) refuse("is no file of a sweep");
  text.resize(text.rfind('\n') + 1);
  if (ftruncate(file_.number(), static_cast<off_t>(text.size())) != 0) throw IoError(name_, "cannot be written", errno);
  if (text.empty()) return write(std::string(kHeader));
  std::istringstream lines(text.substr(kHeader.size()));
  for (std::string line; std::getline(lines, line);) read_line(line, points);
}

void SweepFile::read_line(const std::string& line, std::vector<SweepPoint>& points) const {
  if (!line.ends_with(tail_)) refuse("is of a sweep over another input, or on another machine");
  for (SweepPoint& point : points) {
    const std::string start = place(point.at) + ',';
    if (!line.starts_with(start)) continue;
    const std::string_view fields = std::string_view(line).substr(start.size());
    if (fields.starts_with(kTooSlow)) {
      point.too_slow = true;
    } else if (const auto sample = sample_in(fields)) {
      point.samples.push_back(*sample);
    } else {
      refuse("has a line that is none of a sweep: \"" + excerpt(line) + "\"");
    }
  }
}

void SweepFile::refuse(const std::string& why) const {
  throw std::runtime_error(name_ + ": " + why + "; remove it, or give --output another name");
}

void SweepFile::append(const GridPoint& at, const Sample& sample) {
  write(place(at) + ',' + fields_of(sample) + tail_ + '\n');
}

void SweepFile::append_too_slow(const GridPoint& at) {
  write(place(at) + ',' + std::string(kTooSlow) + std::string(kEmptyFields, ',') + tail_ + '\n');
}

void SweepFile::write(const std::string& line) {
  // One write a line: a kill leaves at most the last one cut off.
  const ssize_t written = ::write(file_.number(), line.data(), line.size());
  if (written != static_cast<ssize_t>(line.size()))
    throw IoError(name_, "writing failed", written < 0 ? errno : ENOSPC);
}

}  // namespace shardflow::app
