// One bounded queue, one record a message, and workers that take from it: Go's channel and worker pool.
#include <oneapi/tbb/concurrent_queue.h>

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
  Channel(LockedShards& shards, const RunOptions& options) : Channel(shards, options.interrupt) {
    if (options.capacity > 0) queue_.set_capacity(static_cast<std::ptrdiff_t>(options.capacity));
    const std::uint32_t workers = options.workers > 0 ? options.workers : options.threads;
    try {
      for (std::uint32_t i = 0; i < workers; ++i) workers_.emplace_back([this] { work(); });
    } catch (const std::system_error&) {
      // EAGAIN: too many for the system. Those that run do it all; where there is none, send() writes.
    }
  }
  ~Channel() { close(); }
  Channel(const Channel&) = delete;
  Channel& operator=(const Channel&) = delete;

  // Waits while the queue is full.
  void send(HeldBatch& batch, const Fields& fields, std::uint64_t index) {
    const Message message{&batch, fields, index};
    if (workers_.empty()) return write(message);
    queue_.push(message);
  }

  // Waits until all that was sent is written. Nothing is to be sent afterwards.
  void close() {
    for (std::size_t i = 0; i < workers_.size(); ++i) queue_.push({nullptr, {}, 0});
    workers_.clear();
  }

 private:
  struct Message {
    HeldBatch* batch;  // nullptr: go home
    Fields fields;
    std::uint64_t index;
  };

  Channel(LockedShards& shards, const Interrupt* interrupt) : shards_(shards), interrupt_(interrupt) {}

  void work() {
    Message message{};
    for (queue_.pop(message); message.batch != nullptr; queue_.pop(message)) write(message);
  }

  void write(const Message& message) {
    // Without a bound, seconds of work may wait: of a run that is over, nobody wants it.
    const bool wanted = interrupt_ == nullptr || !interrupt_->raised();
    if (wanted) shards_.upsert(*message.batch, message.fields, message.index);
    message.batch->written();
  }

  LockedShards& shards_;
  const Interrupt* interrupt_;
  oneapi::tbb::concurrent_bounded_queue<Message> queue_;
  std::vector<std::jthread> workers_;
};

}  // namespace

RunReport run_channel(Source& source, Store& store, const RunOptions& options) {
  LockedShards shards(store, options);
  Channel channel(shards, options);
  return run_by_record(
      source, store, options, shards,
      [&](HeldBatch& batch, const Fields& fields, std::uint64_t index) { channel.send(batch, fields, index); },
      [&] { channel.close(); });
}

}  // namespace shardflow
