// Blocks from files, FIFOs and standard input, one after the other.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "pipeline/descriptor.hpp"
#include "pipeline/input/byte_stream.hpp"
#include "pipeline/input/fields.hpp"
#include "pipeline/input/source.hpp"
#include "pipeline/input/text_format.hpp"
#include "pipeline/interrupt.hpp"

namespace shardflow {

// How files are to be read.
struct FileOptions {
  TextFormat format;
  // Whether each file's name or first line tells its format's kind; what they call TSV is what `format` says.
  bool recognise_kind = false;
  // Of JSON Lines: what format.json is to point to.
  JsonFields json;
  // Of CSV: whether the first record of each file names its columns.
  bool header = false;
  std::string key_name;    // a column's, or else its number; empty: format has it. Takes a header
  std::string value_name;  // likewise
  // Whether format's columns are somebody's choice, be it the usual one: then, as with a name or a header, what is
  // recognised as TSV is refused.
  bool columns_chosen = false;
  // Whether the input goes on behind a bad record, as RecordRules has it. In CSV it then takes more to find where
  // blocks can be cut.
  bool skip_bad = false;
  // Where compressed files together expand to more, next() throws BadInputError. Nothing: to more than 64 MiB and a
  // thousand times what was read of them.
  std::optional<std::uint64_t> max_expanded_bytes;
};

// A record that is longer than its limit is given cut, by itself, for a parser to refuse it: up to its line's end where
// bad ones are skipped, else as the last that there is. So who parses must have the same limit.
// Reads with read(2) and pread(2), not mmap: a mapped file that somebody truncates is a SIGBUS, not a
// BecameShorterError. Of a regular file that has a record a line, next_unread() leaves the text of a block that the
// file fills where it is, and looks at its last 4 KiB alone: the next block need not wait until this one is read. Where
// no line ends in these, it is read. A file that somebody writes over meanwhile may give records that it never had.
// What is gzip, zstd or lz4 is decompressed on the way, by the thread that calls next(), while others work on the
// blocks before, or decompress ahead.
class FileSource final : public Source {
 public:
  // "-" is standard input. The names are checked at once (IoError for one that is missing), the files
  // opened in their turn. `interrupt` may be nullptr, else it must outlive the source.
  FileSource(std::vector<std::string> names, std::uint32_t max_record_bytes, const Interrupt* interrupt,
             FileOptions options = {});
  // One file that is open already, read from where it stands.
  FileSource(Descriptor file, std::string name, std::uint32_t max_record_bytes, const Interrupt* interrupt);

  bool next(Block& block) override;
  bool next_unread(Block& block) override;
  const std::string& file_name(std::uint32_t index) const override { return names_[index]; }
  bool may_wait() const override { return may_wait_; }
  // Of all files together as they are on disk; 0 if one of them has no size.
  std::uint64_t total_bytes() const { return total_bytes_; }

 private:
  enum class Fill { kRecords, kEndOfFile };

  void measure(const std::string& name);
  void open_next();
  Fill fill(Block& block, std::size_t& filled);
  void recognise(Block& block, std::size_t& filled);
  void read_marks(Block& block, std::size_t& filled);
  Fill cut_long_record(Block& block, std::size_t& filled, std::size_t kept);
  Fill drop_to_line_end(Block& block, std::size_t& filled, std::size_t kept);
  // Of the file's start that is in the block.
  std::size_t mark_bytes(std::string_view start) const;
  RecordRules rules() const;
  double share_read() const;
  void check_expansion(std::size_t bytes);
  void check_no_foreign_coding(std::string_view text) const;
  void keep_tail(const Block& block, std::size_t begin, std::size_t end);
  bool leave_text(Block& block);
  bool hand_over(Block& block, std::size_t end);
  void describe(Block& block, std::size_t begin, std::size_t end);
  void check_column_names() const;
  std::size_t skip_header(std::string_view text);

  std::vector<std::string> names_;
  const std::uint32_t max_record_bytes_;
  const FileOptions options_;
  const Interrupt* interrupt_;
  bool may_wait_ = false;
  std::uint64_t total_bytes_ = 0;     // of all files; 0 if one of them has no size
  std::uint64_t finished_bytes_ = 0;  // of files that are over
  std::uint64_t expanded_bytes_ = 0;  // out of compressed files

  std::optional<ByteStream> stream_;  // the present file
  TextFormat format_;                 // its
  bool recognised_ = false;           // whether that is known
  bool regular_ = false;              // reading the present file never waits
  std::uint64_t size_ = 0;            // its bytes when it was opened; 0: a pipe's, or too few to matter
  std::uint32_t next_file_ = 0;       // index of the file to open next
  std::uint64_t file_offset_ = 0;     // of the next block's first byte
  std::uint64_t skipped_lines_ = 0;   // of the header, until a block tells of them
  std::uint64_t dropped_bytes_ = 0;   // of a record that was cut, in the block that fill() filled
  bool broken_ = false;               // at a record that is too long
  std::size_t last_end_ = 0;          // of the last whole record in the block that fill() filled
  std::string tail_;                  // the start of a record whose end is still to be read
};

}  // namespace shardflow
