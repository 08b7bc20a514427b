// A key from anywhere, copied to where the hashes may read a little beyond it.
#pragma once

#include <array>
#include <cstddef>
#include <cstring>
#include <string>
#include <string_view>

#include "pipeline/store/key_hash.hpp"

namespace shardflow {

class PaddedKey {
 public:
  explicit PaddedKey(std::string_view key) : bytes_(key.size()) {
    if (bytes_ > kInlineBytes) {
      long_.reserve(bytes_ + KeyHash::kPaddingBytes);
      long_ = key;
      long_.append(KeyHash::kPaddingBytes, '\0');
    } else if (bytes_ > 0) {
      std::memcpy(short_.data(), key.data(), bytes_);
    }
  }

  std::string_view view() const { return {bytes_ > kInlineBytes ? long_.data() : short_.data(), bytes_}; }

 private:
  static constexpr std::size_t kInlineBytes = 48;

  std::size_t bytes_;
  std::array<char, kInlineBytes + KeyHash::kPaddingBytes> short_{};
  std::string long_;
};

}  // namespace shardflow
