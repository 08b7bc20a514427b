#include "pipeline/input/file_source.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <stdexcept>
#include <string_view>
#include <utility>

#include "pipeline/byte_order_mark.hpp"
#include "pipeline/errors.hpp"
#include "pipeline/input/csv_header.hpp"
#include "pipeline/input/recognise_format.hpp"
#include "pipeline/input/record_ends.hpp"

namespace shardflow {
namespace {

// What of a file's first line its format is recognised by.
constexpr std::size_t kFirstLineBytes = std::size_t{64} << 10;

// Where the end of a block's last record is looked for.
constexpr std::size_t kLastLineBytes = std::size_t{4} << 10;

constexpr std::size_t kDroppedAtOnceBytes = std::size_t{64} << 10;

constexpr const char* kStandardInput = "-";

// gzip can't expand to more than 1032 times its bytes, and what people keep is far from that.
constexpr std::uint64_t kUsualExpansion = 1000;
constexpr std::uint64_t kFreeExpansionBytes = std::uint64_t{64} << 20;

// Of a regular file, 0 where it is too small to matter. A made-up file has no size, as in /proc, or, as in /sys, a page
// of memory whatever it has.
std::uint64_t size_of(const struct stat& status) {
  static const off_t page = sysconf(_SC_PAGESIZE);
  return S_ISREG(status.st_mode) && status.st_size > page ? static_cast<std::uint64_t>(status.st_size) : 0;
}

std::string_view without_line_end(std::string_view record) {
  if (record.ends_with('\n')) record.remove_suffix(1);
  if (record.ends_with('\r')) record.remove_suffix(1);
  return record;
}

}  // namespace

FileSource::FileSource(std::vector<std::string> names, std::uint32_t max_record_bytes, const Interrupt* interrupt,
                       FileOptions options)
    : names_(std::move(names)),
      max_record_bytes_(max_record_bytes),
      options_(std::move(options)),
      interrupt_(interrupt) {
  for (const std::string& name : names_) measure(name);
  if (may_wait_) total_bytes_ = 0;
}

FileSource::FileSource(Descriptor file, std::string name, std::uint32_t max_record_bytes, const Interrupt* interrupt)
    : names_{std::move(name)}, max_record_bytes_(max_record_bytes), interrupt_(interrupt) {
  struct stat status {};
  if (fstat(file.number(), &status) != 0) throw IoError(names_[0], "cannot be read", errno);
  regular_ = S_ISREG(status.st_mode);
  size_ = size_of(status);
  may_wait_ = !regular_;
  total_bytes_ = regular_ ? static_cast<std::uint64_t>(status.st_size) : 0;
  stream_.emplace(std::move(file), names_[0], regular_, interrupt_);
  next_file_ = 1;
}

void FileSource::measure(const std::string& name) {
  struct stat status {};
  const int failed = name == kStandardInput ? fstat(STDIN_FILENO, &status) : stat(name.c_str(), &status);
  if (failed != 0) throw IoError(name, "cannot be read", errno);
  if (S_ISDIR(status.st_mode)) throw IoError(name, "cannot be read", EISDIR);
  if (S_ISREG(status.st_mode)) {
    total_bytes_ += static_cast<std::uint64_t>(status.st_size);
  } else {
    may_wait_ = true;
  }
}

bool FileSource::next(Block& block) {
  if (!next_unread(block)) return false;
  block.read_text();
  return true;
}

bool FileSource::next_unread(Block& block) {
  for (;;) {
    if (interrupt_ != nullptr && interrupt_->raised()) throw InterruptedError();
    if (!stream_) {
      if (next_file_ == names_.size() || broken_) return false;
      open_next();
    }
    if (leave_text(block)) return true;
    std::size_t filled = 0;
    const Fill outcome = fill(block, filled);
    std::size_t end = filled;
    if (outcome == Fill::kEndOfFile) {
      if (!stream_->compressed() && stream_->position() < size_) throw BecameShorterError(names_[next_file_ - 1]);
      finished_bytes_ += stream_->taken_bytes();
      stream_.reset();
    } else {
      end = last_end_;
      keep_tail(block, end, filled);
    }
    if (broken_) stream_.reset();
    if (hand_over(block, end)) return true;
  }
}

// The text is [0, end) of the block, less a byte order mark at a file's start. False: it is empty.
bool FileSource::hand_over(Block& block, std::size_t end) {
  std::size_t begin = mark_bytes({block.data(), end});
  if (file_offset_ == 0 && begin < end) {
    check_column_names();
    const std::size_t header = skip_header(std::string_view(block.data(), end).substr(begin));
    skipped_lines_ = static_cast<std::uint64_t>(std::count(block.data(), block.data() + begin + header, '\n'));
    begin += header;
  }
  describe(block, begin, end);
  block.set_text(begin, end);
  return begin < end;
}

// Says where the block's text, which is [begin, end) of it, stands, and goes on behind it.
void FileSource::describe(Block& block, std::size_t begin, std::size_t end) {
  block.format = format_;
  block.file_index = next_file_ - 1;
  block.file_offset = file_offset_ + begin;
  file_offset_ += end + std::exchange(dropped_bytes_, 0);
  block.input_share = share_read();
  if (begin < end) block.skipped_lines = std::exchange(skipped_lines_, 0);
}

void FileSource::check_column_names() const {
  const bool is_tsv = format_.kind == TextFormat::Kind::kTsv || format_.kind == TextFormat::Kind::kEscapedTsv;
  const bool chosen =
      options_.header || options_.columns_chosen || !options_.key_name.empty() || !options_.value_name.empty();
  if (is_tsv && chosen && options_.recognise_kind && !kind_of_name(names_[next_file_ - 1], format_.delimiter)) {
    throw BadInputError(names_[next_file_ - 1] +
                        ": this looks like TSV, which has no columns to choose; say --format if it is none");
  }
  if (format_.kind != TextFormat::Kind::kCsv || options_.header) return;
  const std::string& name = options_.key_name.empty() ? options_.value_name : options_.key_name;
  if (name.empty()) return;
  throw BadInputError(names_[next_file_ - 1] + ": this is CSV, where " + no_column(name));
}

// Reads which columns are which from the text's first record, where that is a header, and returns its length.
std::size_t FileSource::skip_header(std::string_view text) {
  if (!options_.header || format_.kind != TextFormat::Kind::kCsv) return 0;
  CsvRecordEnds ends(format_.delimiter, rules(), 0);
  const std::size_t bytes = ends.next(text);
  const std::string_view header = without_line_end(text.substr(0, bytes));
  const std::string place = names_[next_file_ - 1] + ":1: ";
  if (header.size() > max_record_bytes_ || ends.bad_quote()) {
    throw BadInputError(place + "the header has a quote that is misplaced or open, or is longer than --max-record (" +
                        std::to_string(max_record_bytes_) + "): \"" +
                        excerpt(header.substr(0, std::size_t{max_record_bytes_} + 1)) + "\"");
  }
  const std::vector<std::string> names = split_csv(header, format_.delimiter);
  try {
    if (!options_.key_name.empty()) format_.key_column = find_column(names, options_.key_name);
    if (!options_.value_name.empty()) format_.value_column = find_column(names, options_.value_name);
  } catch (const std::invalid_argument& error) {
    throw BadInputError(place + error.what());
  }
  return bytes;
}

double FileSource::share_read() const {
  if (total_bytes_ == 0) return 0;
  std::uint64_t bytes = finished_bytes_;
  // What is kept for the next block is not handed over; of a compressed file nobody knows how much that is.
  if (stream_) bytes += stream_->taken_bytes() - (stream_->compressed() ? 0 : tail_.size());
  return std::min(1.0, static_cast<double>(bytes) / static_cast<double>(total_bytes_));
}

void FileSource::open_next() {
  const std::string& name = names_[next_file_++];
  // Non-blocking, or opening a FIFO would wait for its writer where no interrupt reaches.
  Descriptor file(name == kStandardInput ? STDIN_FILENO : open(name.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  struct stat status {};
  if (!file.open() || fstat(file.number(), &status) != 0) throw IoError(name, "cannot be opened", errno);
  if (S_ISDIR(status.st_mode)) throw IoError(name, "cannot be read", EISDIR);
  regular_ = S_ISREG(status.st_mode);
  size_ = size_of(status);
  file_offset_ = 0;
  skipped_lines_ = 0;
  if (regular_) posix_fadvise(file.number(), 0, 0, POSIX_FADV_SEQUENTIAL);
  stream_.emplace(std::move(file), name, regular_, interrupt_);
  format_ = options_.format;
  format_.json = &options_.json;
  const auto kind = options_.recognise_kind ? kind_of_name(name, format_.delimiter) : format_.kind;
  recognised_ = kind.has_value();
  if (recognised_ && *kind != TextFormat::Kind::kTsv) format_.kind = *kind;
}

std::size_t FileSource::mark_bytes(std::string_view start) const {
  return file_offset_ == 0 && start.starts_with(kByteOrderMark) ? kByteOrderMark.size() : 0;
}

RecordRules FileSource::rules() const { return {max_record_bytes_, options_.skip_bad}; }

// As fill() with what follows, of a block that the file fills, and whose end alone tells where it can be cut.
bool FileSource::leave_text(Block& block) {
  const bool lines_are_records = format_.kind != TextFormat::Kind::kCsv;
  if (file_offset_ == 0 || size_ == 0 || !lines_are_records || stream_->compressed()) return false;
  std::array<char, kLastLineBytes> last;
  const std::size_t looked_at = std::min(block.capacity(), last.size());
  const std::size_t before = block.capacity() - looked_at;
  if (before < tail_.size() || stream_->peek(before - tail_.size(), last.data(), looked_at) < looked_at) return false;
  const std::size_t line_end = std::string_view(last.data(), looked_at).rfind('\n');
  if (line_end == std::string_view::npos) return false;
  const std::size_t bytes = before + line_end + 1;
  UnreadText text = stream_->leave(std::exchange(tail_, {}).size(), bytes);
  describe(block, 0, bytes);
  block.set_text(0, bytes, std::move(text));
  return true;
}

// Reads until the block is full, the file is over, or a pipe has no more to give for now; in any case
// until there is a whole record.
FileSource::Fill FileSource::fill(Block& block, std::size_t& filled) {
  if (block.capacity() < tail_.size()) block.grow(tail_.size());
  std::memcpy(block.data(), tail_.data(), tail_.size());
  filled = std::exchange(tail_, {}).size();
  if (!recognised_) recognise(block, filled);
  if (file_offset_ == 0) read_marks(block, filled);
  const std::size_t begin = mark_bytes({block.data(), filled});
  RecordEnds ends(format_, rules(), begin);
  ends.extend({block.data(), filled}, begin);
  for (;;) {
    last_end_ = ends.last();
    if (filled == block.capacity()) {
      if (last_end_ > begin) return Fill::kRecords;
      const std::size_t most = begin + rules().window_bytes();
      if (filled >= most) return cut_long_record(block, filled, most);
      block.grow(std::min(std::max(2 * block.capacity(), std::size_t{64}), most));
    }
    if (last_end_ > begin && !stream_->ready()) return Fill::kRecords;
    const std::size_t got = stream_->read_some(block.data() + filled, block.capacity() - filled);
    if (got == 0) return Fill::kEndOfFile;
    if (stream_->compressed()) check_expansion(got);
    filled += got;
    ends.extend({block.data(), filled}, filled - got);
  }
}

// Reads the first line, and says what it tells.
void FileSource::recognise(Block& block, std::size_t& filled) {
  // As much for any block size, so that this says the same.
  if (block.capacity() < kFirstLineBytes) block.grow(kFirstLineBytes);
  std::size_t got = 1;
  while (got > 0 && filled < kFirstLineBytes && std::memchr(block.data(), '\n', filled) == nullptr) {
    got = stream_->read_some(block.data() + filled, block.capacity() - filled);
    if (stream_->compressed()) check_expansion(got);
    filled += got;
  }
  std::string_view line(block.data(), std::min(filled, kFirstLineBytes));
  line = line.substr(0, line.find('\n'));
  if (line.starts_with(kByteOrderMark)) line.remove_prefix(kByteOrderMark.size());
  const TextFormat::Kind kind = kind_of_line(line, format_.delimiter);
  if (kind != TextFormat::Kind::kTsv) format_.kind = kind;
  recognised_ = true;
}

// Reads as much as shows whether the file begins with a byte order mark, or as what can't be read.
void FileSource::read_marks(Block& block, std::size_t& filled) {
  const auto open_question = [&] {
    const std::string_view start(block.data(), filled);
    return (start.size() < kByteOrderMark.size() && kByteOrderMark.starts_with(start)) || may_be_foreign(start);
  };
  for (std::size_t got = 1; got > 0 && open_question();) {
    if (filled == block.capacity()) block.grow(std::max(kForeignMarkBytes, filled + 1));
    got = stream_->read_some(block.data() + filled, block.capacity() - filled);
    if (stream_->compressed()) check_expansion(got);
    filled += got;
  }
  check_no_foreign_coding({block.data(), filled});
}

// The block is the start of one record that is too long: its first `kept` bytes are enough for it to be refused.
FileSource::Fill FileSource::cut_long_record(Block& block, std::size_t& filled, std::size_t kept) {
  if (options_.skip_bad) return drop_to_line_end(block, filled, kept);
  broken_ = true;
  last_end_ = filled;
  return Fill::kRecords;
}

FileSource::Fill FileSource::drop_to_line_end(Block& block, std::size_t& filled, std::size_t kept) {
  block.grow(std::max(block.capacity(), kept + kDroppedAtOnceBytes));
  char* const rest = block.data() + kept;
  std::size_t bytes = filled - kept;
  for (;;) {
    if (const auto* const end = static_cast<const char*>(std::memchr(rest, '\n', bytes))) {
      const auto dropped = static_cast<std::size_t>(end - rest);
      dropped_bytes_ += dropped;
      std::memmove(rest, end, bytes - dropped);
      filled = kept + bytes - dropped;
      last_end_ = kept + 1;
      return Fill::kRecords;
    }
    dropped_bytes_ += bytes;
    filled = kept;
    bytes = stream_->read_some(rest, block.capacity() - kept);
    if (bytes == 0) return Fill::kEndOfFile;
    if (stream_->compressed()) check_expansion(bytes);
  }
}

void FileSource::check_expansion(std::size_t bytes) {
  expanded_bytes_ += bytes;
  const std::uint64_t read_bytes = finished_bytes_ + stream_->taken_bytes();
  const std::uint64_t most = options_.max_expanded_bytes.value_or(kFreeExpansionBytes + kUsualExpansion * read_bytes);
  if (expanded_bytes_ <= most) return;
  throw BadInputError(names_[next_file_ - 1] + " (compressed byte " + std::to_string(stream_->taken_bytes()) +
                      "): the input expands to more than " + std::to_string(most) +
                      " bytes; raise --max-expanded if it is no bomb");
}

void FileSource::check_no_foreign_coding(std::string_view text) const {
  const ForeignCoding* const coding = foreign_coding_of(text);
  if (coding == nullptr) return;
  throw BadInputError(names_[next_file_ - 1] + ": this looks like " + coding->name +
                      ", which is not read; pipe it through " + coding->command);
}

void FileSource::keep_tail(const Block& block, std::size_t begin, std::size_t end) {
  tail_.assign(block.data() + begin, end - begin);
}

}  // namespace shardflow
