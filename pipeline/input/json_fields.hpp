// Which fields of a JSON object make a record.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace shardflow {

// The names that lead to a field, from the outside to the inside. Empty: the object itself.
using JsonPath = std::vector<std::string>;

struct JsonFields {
  JsonPath key{"key"};
  JsonPath value{"value"};
};

// "a.b" is field b of field a; "." the object itself; "\\." stands for a dot that belongs to a name, "\\\\" for a
// backslash.
JsonPath parse_json_path(std::string_view text);

}  // namespace shardflow
