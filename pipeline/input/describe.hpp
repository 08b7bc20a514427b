// What is wrong with a bad line, in words.
#pragma once

#include <string>

#include "pipeline/input/fields.hpp"
#include "pipeline/input/text_format.hpp"

namespace shardflow {

// "no TAB in the line".
std::string reason(const BadLine& bad, const RecordRules& rules, const TextFormat& format);
// "expected KEY<TAB>VALUE on every line", or what to try.
std::string expectation(const BadLine& bad, const TextFormat& format);

}  // namespace shardflow
