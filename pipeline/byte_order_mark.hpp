// The bytes that a UTF-8 file may begin with, which are none of its text.
#pragma once

#include <string_view>

namespace shardflow {

inline constexpr std::string_view kByteOrderMark = "\xef\xbb\xbf";

}  // namespace shardflow
