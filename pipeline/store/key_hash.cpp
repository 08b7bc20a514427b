#include "pipeline/store/key_hash.hpp"

#include <sys/random.h>

#include <cerrno>
#include <random>

#include "pipeline/errors.hpp"

namespace shardflow {

KeyHash::KeyHash() {
  if (getrandom(secrets_.data(), sizeof secrets_, 0) != static_cast<ssize_t>(sizeof secrets_)) {
    throw IoError("getrandom", "no random bytes for the hash's secrets", errno);
  }
}

KeyHash::KeyHash(std::uint64_t seed) {
  std::mt19937_64 random(seed);
  for (std::uint64_t& secret : secrets_) secret = random();
}

}  // namespace shardflow
