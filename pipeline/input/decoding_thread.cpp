#include "pipeline/input/decoding_thread.hpp"

#include <algorithm>
#include <cstring>
#include <utility>

namespace shardflow {
namespace {

constexpr std::size_t kPieceBytes = std::size_t{256} << 10;
constexpr std::size_t kPieces = 8;

}  // namespace

DecodingThread::DecodingThread(std::function<std::size_t(char*, std::size_t)> decode,
                               std::function<std::uint64_t()> taken_bytes)
    : decode_(std::move(decode)), count_taken_(std::move(taken_bytes)) {
  for (std::size_t i = 0; i < kPieces; ++i) {
    spare_.push_back({.bytes = Pages(kPieceBytes, budget_), .error = nullptr});
  }
  thread_ = std::thread([this] { run(); });
}

DecodingThread::~DecodingThread() {
  {
    const std::scoped_lock lock(mutex_);
    stopped_ = true;
  }
  changed_.notify_all();
  thread_.join();
}

void DecodingThread::run() {
  for (bool over = false; !over;) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return stopped_ || !spare_.empty(); });
    if (stopped_) return;
    Piece piece = std::move(spare_.front());
    spare_.pop_front();
    lock.unlock();
    decode_into(piece);
    over = piece.size == 0;
    lock.lock();
    decoded_.push_back(std::move(piece));
    lock.unlock();
    changed_.notify_all();
  }
}

// An error comes in a piece of its own, behind what was decoded before.
void DecodingThread::decode_into(Piece& piece) noexcept {
  try {
    piece.size = decode_(piece.bytes.data(), kPieceBytes);
    piece.taken_bytes = count_taken_();
  } catch (...) {
    piece.size = 0;
    piece.error = std::current_exception();
  }
}

std::size_t DecodingThread::read_some(char* to, std::size_t most) {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return !decoded_.empty(); });
  Piece& piece = decoded_.front();
  lock.unlock();
  if (piece.error) std::rethrow_exception(piece.error);
  const std::size_t bytes = std::min(piece.size - given_, most);
  std::memcpy(to, piece.bytes.data() + given_, bytes);
  given_ += bytes;
  taken_bytes_ = piece.taken_bytes;
  if (bytes == 0 || given_ < piece.size) return bytes;
  given_ = 0;
  lock.lock();
  spare_.push_back(std::move(decoded_.front()));
  decoded_.pop_front();
  lock.unlock();
  changed_.notify_all();
  return bytes;
}

}  // namespace shardflow
