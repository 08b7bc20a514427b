#include "pipeline/errors.hpp"

#include <cerrno>
#include <cstdio>
#include <system_error>

namespace shardflow {
namespace {

// Rounded up.
std::string binary_size(std::uint64_t bytes) {
  if (bytes < 1024) return std::to_string(bytes) + (bytes == 1 ? " byte" : " bytes");
  constexpr std::uint64_t kMebibyte = std::uint64_t{1} << 20;
  const bool in_mebibytes = bytes >= 16 * kMebibyte || (bytes > 0 && bytes % kMebibyte == 0);
  const int shift = in_mebibytes ? 20 : 10;
  return std::to_string((bytes + (std::uint64_t{1} << shift) - 1) >> shift) + (in_mebibytes ? " MiB" : " KiB");
}

}  // namespace

IoError::IoError(const std::string& path, const std::string& action, int errno_value)
    : std::runtime_error(path + ": " + action +
                         (errno_value != 0 ? ": " + std::generic_category().message(errno_value) : "")),
      errno_value_(errno_value) {}

BecameShorterError::BecameShorterError(const std::string& path)
    : IoError(path, "became shorter while it was read", 0) {}

OutputClosedError::OutputClosedError() : IoError("standard output", "its reader closed it", EPIPE) {}

MemoryLimitError::MemoryLimitError(std::uint64_t wanted_bytes, std::uint64_t limit_bytes)
    : std::runtime_error("out of memory: the store needs " + binary_size(wanted_bytes) + ", the limit is " +
                         binary_size(limit_bytes) + "; raise it with --max-memory, or load fewer keys") {}

ShardFullError::ShardFullError(std::uint64_t shard_bytes)
    : std::runtime_error("a shard is full: it holds " + binary_size(shard_bytes) +
                         ", and can't address more; spread the keys over more shards, with --shards") {}

std::string excerpt(std::string_view text, std::size_t most) {
  std::string shown;
  for (const char c : text.substr(0, most)) {
    if (c == '\t') {
      shown += "\\t";
    } else if (c == '"' || c == '\\') {
      shown += {'\\', c};
    } else if (c >= ' ' && c <= '~') {
      shown += c;
    } else {
      char escaped[8];
      std::snprintf(escaped, sizeof escaped, "\\x%02x", static_cast<unsigned>(static_cast<unsigned char>(c)));
      shown += escaped;
    }
  }
  return text.size() > most ? shown + "…" : shown;
}

}  // namespace shardflow
