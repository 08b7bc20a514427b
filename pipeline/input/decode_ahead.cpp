#include "pipeline/input/decode_ahead.hpp"

#include <libdeflate.h>
#include <oneapi/tbb/task_arena.h>
#include <zstd.h>

#include <algorithm>
#include <new>
#include <thread>
#include <utility>
#include <vector>

#include "pipeline/free_with.hpp"
#include "pipeline/input/packed_part.hpp"

namespace shardflow {
namespace {

constexpr std::size_t kReadBytes = std::size_t{256} << 10;

// A frame of --output or a dozen members: it takes a millisecond or two, a thousand times what handing it over takes.
constexpr std::size_t kUnitTextBytes = std::size_t{1} << 20;

// pzstd's frames hold 8 MiB, and 32 MiB at its highest levels.
constexpr std::size_t kMostUnitTextBytes = std::size_t{32} << 20;
constexpr std::size_t kMostUnitPackedBytes = kMostUnitTextBytes;

// With as much ahead, or more, no further unit is cut off.
constexpr std::size_t kEnoughTextAheadBytes = std::size_t{64} << 20;

// One thread reads all text again, to find the records' ends: eight that decode are as fast.
constexpr std::size_t kMostUnitsAhead = 9;

}  // namespace

// Some parts, and their text. Whoever claims it decodes it: the reader, or a task, which may come too late.
class DecodeAhead::Unit {
 public:
  // The budget must outlive it.
  Unit(Coding coding, MemoryBudget& budget) : packed_(budget), text_(budget) {
    if (coding == Coding::kGzip) {
      gzip_.reset(libdeflate_alloc_decompressor());
    } else {
      zstd_.reset(ZSTD_createDCtx());
    }
    if (!gzip_ && !zstd_) throw std::bad_alloc();
  }

  // Gives its memory, to be filled with parts. REQUIRES: it is done, or new.
  ByteBuffer& begin() {
    parts_ = 0;
    most_text_bytes_ = 0;
    return packed_;
  }
  void add_part(std::size_t most_text_bytes) {
    ++parts_;
    most_text_bytes_ += most_text_bytes;
  }
  // From now on it may be decoded. Throws as Pages does.
  void publish() {
    text_.cut(0);
    room_ = text_.reserve(most_text_bytes_);
    state_.store(kWaiting, std::memory_order_release);
  }

  // False: somebody else has.
  bool claim() noexcept {
    int waiting = kWaiting;
    return state_.compare_exchange_strong(waiting, kBegun, std::memory_order_acquire);
  }
  // False: somebody else has begun.
  bool decode_unless_begun() noexcept {
    if (!claim()) return false;
    const bool good = gzip_ ? decode_gzip() : decode_zstd();
    state_.store(good ? kDone : kDamaged, std::memory_order_release);
    state_.notify_one();
    return true;
  }
  bool done() const { return state_.load(std::memory_order_acquire) >= kDone; }
  void wait_for_other() const { state_.wait(kBegun, std::memory_order_acquire); }

  // REQUIRES: done().
  bool damaged() const { return state_.load(std::memory_order_relaxed) == kDamaged; }
  std::string_view text() const { return text_.view(); }

  std::string_view packed() const { return packed_.view(); }
  std::size_t most_text_bytes() const { return most_text_bytes_; }

 private:
  enum : int { kWaiting, kBegun, kDone, kDamaged };

  bool decode_gzip() noexcept {
    std::string_view packed = packed_.view();
    std::size_t at = 0;
    for (std::size_t part = 0; part < parts_; ++part) {
      std::size_t taken = 0;
      std::size_t given = 0;
      if (libdeflate_gzip_decompress_ex(gzip_.get(), packed.data(), packed.size(), room_ + at, most_text_bytes_ - at,
                                        &taken, &given) != LIBDEFLATE_SUCCESS) {
        return false;
      }
      packed.remove_prefix(taken);
      at += given;
    }
    text_.add(at);
    return packed.empty();
  }

  bool decode_zstd() noexcept {
    const std::size_t given =
        ZSTD_decompressDCtx(zstd_.get(), room_, most_text_bytes_, packed_.view().data(), packed_.size());
    if (ZSTD_isError(given) != 0) return false;
    text_.add(given);
    return true;
  }

  std::unique_ptr<libdeflate_decompressor, FreeWith<libdeflate_free_decompressor>> gzip_;
  std::unique_ptr<ZSTD_DCtx, FreeWith<ZSTD_freeDCtx>> zstd_;
  ByteBuffer packed_;
  std::size_t parts_ = 0;
  ByteBuffer text_;       // empty until it is done
  char* room_ = nullptr;  // for most_text_bytes_
  std::size_t most_text_bytes_ = 0;
  std::atomic<int> state_{kDone};
};

DecodeAhead::DecodeAhead(Coding coding, std::string_view first, std::function<std::size_t(char*, std::size_t)> read)
    : coding_(coding),
      read_(std::move(read)),
      threads_(static_cast<std::size_t>(std::max(1, oneapi::tbb::this_task_arena::max_concurrency()))) {
  uncut_.assign(first);
}

// Tasks that have not begun find their units claimed, so this takes no longer than what is being decoded.
DecodeAhead::~DecodeAhead() {
  for (const std::unique_ptr<Unit>& unit : ahead_) unit->claim();
  while (tasks_.load(std::memory_order_acquire) > 0) std::this_thread::yield();
}

std::size_t DecodeAhead::read_some(char* to, std::size_t most) {
  for (;;) {
    cut_units();
    if (ahead_.empty() || !finish_head()) return 0;
    const std::string_view text = ahead_.front()->text().substr(given_);
    const std::size_t got = text.copy(to, most);
    given_ += got;
    if (got < text.size()) return got;
    used_bytes_ += ahead_.front()->packed().size();
    given_ = 0;
    spare_.push_back(std::move(ahead_.front()));
    ahead_.pop_front();
    if (got > 0) return got;
  }
}

std::uint64_t DecodeAhead::taken_bytes() const {
  if (given_ == 0) return used_bytes_;
  const Unit& head = *ahead_.front();
  const double share = static_cast<double>(given_) / static_cast<double>(head.text().size());
  return used_bytes_ + static_cast<std::uint64_t>(share * static_cast<double>(head.packed().size()));
}

std::string DecodeAhead::rest() const {
  std::string bytes;
  for (const std::unique_ptr<Unit>& unit : ahead_) bytes += unit->packed();
  return bytes.append(uncut_.view());
}

void DecodeAhead::cut_units() {
  std::size_t text_bytes = 0;
  for (const std::unique_ptr<Unit>& unit : ahead_) text_bytes += unit->most_text_bytes();
  const std::size_t most = std::min(threads_ + 1, kMostUnitsAhead);
  while (!over_ && ahead_.size() < most && text_bytes < kEnoughTextAheadBytes) {
    if (spare_.empty()) spare_.push_back(std::make_unique<Unit>(coding_, budget_));
    Unit& unit = *spare_.back();
    if (!cut(unit)) return;
    text_bytes += unit.most_text_bytes();
    ahead_.push_back(std::move(spare_.back()));
    spare_.pop_back();
    if (threads_ > 1) decode_elsewhere(unit);
  }
}

void DecodeAhead::decode_elsewhere(Unit& unit) {
  tasks_.fetch_add(1, std::memory_order_relaxed);
  oneapi::tbb::this_task_arena::enqueue([this, &unit] {
    unit.decode_unless_begun();
    tasks_.fetch_sub(1, std::memory_order_release);
  });
}

// False: there is no part to cut off.
bool DecodeAhead::cut(Unit& unit) {
  ByteBuffer& packed = unit.begin();
  packed.swap(uncut_);
  std::size_t end = 0;
  while (unit.most_text_bytes() < kUnitTextBytes) {
    const std::size_t room = kMostUnitTextBytes - unit.most_text_bytes();
    const PackedPart part = first_part(coding_, packed.view().substr(end), room);
    if (part.kind == PackedPart::Kind::kWhole) {
      unit.add_part(part.most_text_bytes);
      end += part.packed_bytes;
    } else if (part.kind == PackedPart::Kind::kNone || !read_more(packed)) {
      over_ = end == 0;
      break;
    }
  }
  uncut_.assign(packed.view().substr(end));
  packed.cut(end);
  if (end > 0) unit.publish();
  return end > 0;
}

// False: that is all, or too much for a unit.
bool DecodeAhead::read_more(ByteBuffer& packed) {
  if (packed.size() >= kMostUnitPackedBytes) return false;
  const std::size_t got = read_(packed.reserve(kReadBytes), kReadBytes);
  packed.add(got);
  return got > 0;
}

// False: it is damaged.
bool DecodeAhead::finish_head() {
  Unit& head = *ahead_.front();
  while (!head.done()) {
    // Rather than wait, do what nobody has begun.
    if (std::ranges::any_of(ahead_, [](const auto& unit) { return unit->decode_unless_begun(); })) continue;
    head.wait_for_other();
  }
  return !head.damaged();
}

}  // namespace shardflow
