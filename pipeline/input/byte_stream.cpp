#include "pipeline/input/byte_stream.hpp"

#include <oneapi/tbb/task_arena.h>
#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <cassert>
#include <cerrno>
#include <cstring>
#include <system_error>
#include <utility>

#include "pipeline/errors.hpp"

namespace shardflow {
namespace {

constexpr std::size_t kBufferBytes = std::size_t{256} << 10;

}  // namespace

ByteStream::ByteStream(Descriptor file, std::string name, bool regular, const Interrupt* interrupt)
    : file_(std::make_shared<const OpenFile>(OpenFile{std::move(file), std::move(name)})),
      regular_(regular),
      interrupt_(interrupt) {
  if (regular_) start_ = static_cast<std::uint64_t>(std::max<off_t>(0, lseek(number(), 0, SEEK_CUR)));
}

std::size_t ByteStream::read_some(char* to, std::size_t most) {
  if (!recognised_) recognise();
  if (coding_ == Coding::kPlain) return read_plain(to, most);
  if (thread_) return thread_->read_some(to, most);
  return ahead_ ? decode_ahead(to, most) : decode(to, most);
}

bool ByteStream::ready() const { return regular_ || over_ || holds_text_ || !unused_.empty() || readable_now(0); }

// Reads no more than it takes to tell: most texts say so with their first byte.
void ByteStream::recognise() {
  std::size_t bytes = 0;
  std::optional<Coding> coding;
  while (!coding) {
    const std::size_t got = read_file(first_.data() + bytes, first_.size() - bytes);
    if (got == 0) {
      over_ = true;
      coding = Coding::kPlain;  // a magic that is cut off, or nothing
    } else {
      bytes += got;
      coding = coding_of({first_.data(), bytes});
    }
  }
  unused_ = {first_.data(), bytes};
  coding_ = *coding;
  recognised_ = true;
  if (coding_ == Coding::kPlain) return;
  // A pipe gives what it has at once, and need not wait for a part's end; lz4's frames do not tell theirs.
  if (regular_ && coding_ != Coding::kLz4) {
    ahead_ = std::make_unique<DecodeAhead>(coding_, std::exchange(unused_, {}),
                                           [this](char* to, std::size_t most) { return read_file(to, most); });
  } else {
    decoder_ = make_decoder(coding_);
    buffer_.resize(kBufferBytes);
  }
}

std::size_t ByteStream::decode_ahead(char* to, std::size_t most) {
  if (const std::size_t got = ahead_->read_some(to, most)) return got;
  taken_bytes_ = ahead_->taken_bytes();
  decoder_ = make_decoder(coding_, taken_bytes_ > 0);
  const std::string rest = ahead_->rest();
  ahead_.reset();
  buffer_.resize(std::max(kBufferBytes, rest.size()));
  std::ranges::copy(rest, buffer_.begin());
  unused_ = {buffer_.data(), rest.size()};
  decode_beside();
  return read_some(to, most);
}

// What zstd looks back at is as large as a core's cache, and would go from core to core with each block. Measured where
// that is slow: 10M records over 400 keys in 0.52 of the time, 5M unique in 0.97. gzip, which looks back at 32 KiB,
// takes up to a fifth longer so. Where the system starts no more threads, or the caller has but one, nothing changes.
void ByteStream::decode_beside() {
  if (coding_ != Coding::kZstd || oneapi::tbb::this_task_arena::max_concurrency() == 1) return;
  try {
    thread_ = std::make_unique<DecodingThread>([this](char* to, std::size_t most) { return decode(to, most); },
                                               [this] { return taken_bytes_; });
  } catch (const std::system_error&) {
    assert(!thread_);
  }
}

std::size_t ByteStream::read_plain(char* to, std::size_t most) {
  std::size_t got = std::min(unused_.size(), most);
  if (got > 0) {
    std::memcpy(to, unused_.data(), got);
    unused_.remove_prefix(got);
  } else if (!over_) {
    if (std::exchange(moved_, false) && lseek(number(), static_cast<off_t>(position()), SEEK_SET) < 0) {
      throw IoError(file_->name, "reading failed", errno);
    }
    got = read_file(to, most);
    over_ = got == 0;
  }
  taken_bytes_ += got;
  return got;
}

std::size_t ByteStream::peek(std::uint64_t ahead, char* to, std::size_t most) const {
  return file_->read_at(position() + ahead, to, most);
}

UnreadText ByteStream::leave(std::size_t back, std::size_t bytes) {
  const std::uint64_t offset = position() - back;
  taken_bytes_ += bytes - back;
  unused_ = {};
  moved_ = true;
  return {file_, offset, bytes};
}

std::size_t ByteStream::decode(char* to, std::size_t most) {
  for (;;) {
    if (unused_.empty() && !over_ && !holds_text_) {
      unused_ = {buffer_.data(), read_file(buffer_.data(), buffer_.size())};
      over_ = unused_.empty();
    }
    const Decoder::Step step = decoder_->run(unused_, to, most);
    taken_bytes_ += step.taken;
    unused_.remove_prefix(step.taken);
    holds_text_ = step.given == most;
    if (step.damage != nullptr) refuse(step.damage);
    if (step.given > 0) return step.given;
    if (unused_.empty() && over_) {
      if (!decoder_->at_boundary()) refuse("it is cut off");
      return 0;
    }
    if (step.taken == 0 && !unused_.empty()) refuse("the decoder is stuck");
  }
}

std::size_t ByteStream::read_file(char* to, std::size_t most) const {
  for (;;) {
    while (!regular_ && !readable_now(-1)) continue;
    const ssize_t got = read(number(), to, most);
    if (got >= 0) return static_cast<std::size_t>(got);
    if (errno != EINTR && errno != EAGAIN) throw IoError(file_->name, "reading failed", errno);
    if (interrupt_ != nullptr && interrupt_->raised()) throw InterruptedError();
  }
}

bool ByteStream::readable_now(int timeout_ms) const {
  std::array<pollfd, 2> descriptors{pollfd{number(), POLLIN, 0},
                                    pollfd{interrupt_ == nullptr ? -1 : interrupt_->wake_descriptor(), POLLIN, 0}};
  if (poll(descriptors.data(), descriptors.size(), timeout_ms) < 0 && errno != EINTR) {
    throw IoError(file_->name, "waiting for input failed", errno);
  }
  if (descriptors[1].revents != 0) throw InterruptedError();
  return descriptors[0].revents != 0;
}

void ByteStream::refuse(const std::string& why) const {
  throw BadInputError(file_->name + " (compressed byte " + std::to_string(taken_bytes_) + "): this " +
                      name_of(coding_) + " stream can't be decompressed: " + why);
}

}  // namespace shardflow
