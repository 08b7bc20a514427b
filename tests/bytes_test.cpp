#include "pipeline/store/bytes.hpp"

#include <doctest/doctest.h>

#include <string>

namespace bytes_test {

using namespace shardflow;

TEST_CASE("as many bytes are copied as were asked for, and none beside them") {
  std::string from;
  for (int i = 0; i < 100; ++i) from += static_cast<char>('!' + i % 90);
  for (std::size_t bytes = 0; bytes <= from.size(); ++bytes) {
    CAPTURE(bytes);
    std::string to(from.size() + 2, '.');
    copy_exactly(to.data() + 1, from.data(), bytes);
    CHECK(to == "." + from.substr(0, bytes) + std::string(from.size() + 1 - bytes, '.'));
  }
}

TEST_CASE("keys are equal if all their bytes are, whatever stands behind them") {
  for (std::size_t bytes = 0; bytes <= 70; ++bytes) {
    CAPTURE(bytes);
    const std::string a = std::string(bytes, 'k') + std::string(16, 'a');
    CHECK(equal_padded(a.data(), (std::string(bytes, 'k') + std::string(16, 'b')).data(), bytes));
    for (std::size_t at = 0; at < bytes; ++at) {
      std::string other = a;
      other[at] = 'x';
      CHECK_FALSE(equal_padded(a.data(), other.data(), bytes));
    }
  }
}

}  // namespace bytes_test
