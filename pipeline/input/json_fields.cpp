#include "pipeline/input/json_fields.hpp"

namespace shardflow {

JsonPath parse_json_path(std::string_view text) {
  if (text == ".") return {};
  JsonPath path(1);
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (text[at] == '.') {
      path.emplace_back();
    } else {
      if (text[at] == '\\' && at + 1 < text.size()) ++at;
      path.back() += text[at];
    }
  }
  return path;
}

}  // namespace shardflow
