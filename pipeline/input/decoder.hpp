// Decompressing a stream.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string_view>

namespace shardflow {

// How a file is compressed.
enum class Coding { kPlain, kGzip, kZstd, kLz4 };

// What a file's first bytes say; nothing if it takes more of them to tell. Names do not count.
std::optional<Coding> coding_of(std::string_view first_bytes);

// How a file may be coded that nothing here decodes, and what does.
struct ForeignCoding {
  const char* name;
  const char* command;
};
// nullptr: none that is known.
const ForeignCoding* foreign_coding_of(std::string_view first_bytes);
// Whether that takes more bytes than these to tell; never with kForeignMarkBytes of them.
bool may_be_foreign(std::string_view first_bytes);
inline constexpr std::size_t kForeignMarkBytes = 10;

// Decodes gzip members, zstd frames or lz4 frames, any number in a row. One thread at a time.
class Decoder {
 public:
  virtual ~Decoder() = default;
  Decoder(const Decoder&) = delete;
  Decoder& operator=(const Decoder&) = delete;

  struct Step {
    std::size_t taken = 0;         // of the input
    std::size_t given = 0;         // to the output
    const char* damage = nullptr;  // what is wrong with the input, where something is
  };
  // Decodes as much as there is input and room for. With no input, gives what it still holds.
  virtual Step run(std::string_view input, char* to, std::size_t most) = 0;

  // Whether the input may end here: between two members or frames.
  virtual bool at_boundary() const = 0;

 protected:
  Decoder() = default;
};

// `begun`: a member or frame stands before. REQUIRES: not kPlain. Throws std::bad_alloc.
std::unique_ptr<Decoder> make_decoder(Coding coding, bool begun = false);
// "gzip", "zstd", "lz4".
const char* name_of(Coding coding);

}  // namespace shardflow
