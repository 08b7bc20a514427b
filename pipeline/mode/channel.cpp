// One bounded queue, one record a message, and workers that take from it: Go's channel and worker pool.
#include <oneapi/tbb/concurrent_queue.h>

#include <atomic>
#include <system_error>
#include <thread>
#include <vector>

#include "pipeline/mode/by_record.hpp"
#include "pipeline/mode/run.hpp"

namespace shardflow {
namespace {

class Channel {
 public:
  // Delegates, so that whatever fails in here the destructor runs: a worker waits until it is sent home.
  Channel(LockedShards& shards, std::uint32_t workers, std::size_t capacity) : Channel(shards) {
    if (capacity > 0) queue_.set_capacity(static_cast<std::ptrdiff_t>(capacity));
    try {
      for (std::uint32_t i = 0; i < workers; ++i) workers_.emplace_back([this] { work(); });
    } catch (const std::system_error&) {
      // EAGAIN: too many for the system. Those that run do it all; where there is none, send() writes.
    }
  }
  ~Channel() {
    for (std::size_t i = 0; i < workers_.size(); ++i) queue_.push({nullptr, {}, 0});
  }
  Channel(const Channel&) = delete;
  Channel& operator=(const Channel&) = delete;

  // Waits while the queue is full.
  void send(const Batch& batch, const Fields& fields, std::uint64_t index) {
    if (workers_.empty()) return shards_.upsert(batch, fields, index);
    queue_.push({&batch, fields, index});
    ++sent_;  // only now: drain() would wait for ever for what a failed push did not send
  }

  // Waits until all that was sent is written.
  void drain() {
    for (std::uint64_t done = done_.load(); done != sent_; done = done_.load()) done_.wait(done);
  }

 private:
  struct Message {
    const Batch* batch;  // nullptr: go home
    Fields fields;
    std::uint64_t index;
  };

  explicit Channel(LockedShards& shards) : shards_(shards) {}

  void work() {
    Message message{};
    for (queue_.pop(message); message.batch != nullptr; queue_.pop(message)) {
      shards_.upsert(*message.batch, message.fields, message.index);
      ++done_;
      done_.notify_one();
    }
  }

  LockedShards& shards_;
  oneapi::tbb::concurrent_bounded_queue<Message> queue_;
  std::uint64_t sent_ = 0;
  std::atomic<std::uint64_t> done_{0};
  std::vector<std::jthread> workers_;
};

}  // namespace

RunReport run_channel(Source& source, Store& store, const RunOptions& options) {
  LockedShards shards(store, options);
  Channel channel(shards, options.workers > 0 ? options.workers : options.threads, options.capacity);
  return run_by_record(
      source, store, options, shards,
      [&](const Batch& batch, const Fields& fields, std::uint64_t index) { channel.send(batch, fields, index); },
      [&] { channel.drain(); });
}

}  // namespace shardflow
