#include "pipeline/input/jsonl.hpp"

#include <simdjson.h>

#include <algorithm>
#include <cassert>
#include <cstring>
#include <optional>
#include <string_view>
#include <vector>

#include "pipeline/input/json_flaw.hpp"
#include "pipeline/input/json_scalar.hpp"
#include "pipeline/input/long_line_parser.hpp"

namespace shardflow {
namespace {

namespace json = simdjson::ondemand;
using simdjson::error_code;

// Objects and arrays that a value may lie in. Below simdjson's own 1,024, and little enough of a stack.
constexpr int kDeepest = 1000;

// A field that was asked for, as it was found in a line.
struct Found {
  std::string_view raw;                       // where it stands
  std::optional<std::string_view> unescaped;  // in the parser's memory: what a string with escapes means
  bool there = false;
};

// What is still wanted, from the object at hand on: the rest of a path. Nothing: not in this object.
struct Wanted {
  const std::string* name = nullptr;
  const std::string* end = nullptr;

  bool here() const { return name != nullptr && name == end; }
  bool inside() const { return name != end; }
  Wanted under(std::string_view field) const { return inside() && *name == field ? Wanted{name + 1, end} : Wanted{}; }
};

bool is_space(char byte) { return byte == ' ' || byte == '\t' || byte == '\r' || byte == '\n'; }

std::string_view without_space_behind(std::string_view text) {
  while (!text.empty() && is_space(text.back())) text.remove_suffix(1);
  return text;
}

// Walks over one document and checks all of it: simdjson's own walk is lazy, and says nothing of what it skips.
class Walk {
 public:
  explicit Walk(const JsonFields* fields) : fields_(fields) {}

  // `end`: behind what it may be. `text_end`: behind all that simdjson was given, `end` or what comes later.
  template <typename Document>
  error_code document(Document&& document, const char* end, const char* text_end) {
    json::object object;
    if (const error_code error = document.get_object().get(object)) return error;
    const Wanted key_path = wanted(fields_ == nullptr ? nullptr : &fields_->key);
    const Wanted value_path = wanted(fields_ == nullptr ? nullptr : &fields_->value);
    if (const error_code error = walk(object, key_path, value_path, 1)) return error;
    const char* next = nullptr;  // the token behind it
    const error_code error = document.current_location().get(next);
    if (error == simdjson::OUT_OF_BOUNDS) next = text_end;
    // An object, and then something else; or one that ends behind `end`.
    if (next < end) return simdjson::TRAILING_CONTENT;
    while (end != next && is_space(*end)) ++end;
    return end == next ? simdjson::SUCCESS : simdjson::TRAILING_CONTENT;
  }

  Found key;
  Found value;

 private:
  static Wanted wanted(const JsonPath* path) {
    return path == nullptr ? Wanted{} : Wanted{path->data(), path->data() + path->size()};
  }

  error_code walk(json::object object, Wanted key_path, Wanted value_path, int depth) {
    for (auto each : object) {
      if (each.error()) return each.error();
      json::field& field = each.value_unsafe();
      std::string_view name;
      if (const error_code error = name_of(field, name)) return error;
      if (const error_code error = walk(field.value(), key_path.under(name), value_path.under(name), depth)) {
        return error;
      }
    }
    return simdjson::SUCCESS;
  }

  static error_code name_of(json::field& field, std::string_view& name) {
    const char* const begin = field.key().raw();
    const char* end = begin;
    while (*end != '"' && *end != '\\') ++end;
    if (*end == '\\') return field.unescaped_key().get(name);
    name = {begin, static_cast<std::size_t>(end - begin)};
    return simdjson::SUCCESS;
  }

  error_code walk(json::value& one, Wanted key_path, Wanted value_path, int depth) {
    if (depth > kDeepest) return simdjson::DEPTH_ERROR;
    // What was found in an earlier one of that name no longer counts.
    if (key_path.inside()) key = {};
    if (value_path.inside()) value = {};
    Found other;
    Found& found = key_path.here() ? key : value_path.here() ? value : other;
    found.raw = without_space_behind(one.raw_json_token());
    found.unescaped.reset();
    found.there = true;
    const error_code error = walk_content(one, key_path, value_path, depth, found);
    if (key_path.here() && value_path.here()) value = key;
    return error;
  }

  error_code walk_content(json::value& one, Wanted key_path, Wanted value_path, int depth, Found& found) {
    switch (found.raw.front()) {
      case '"':
        return walk_string(one, found);
      case '{': {
        json::object object;
        if (const error_code error = one.get_object().get(object)) return error;
        if (const error_code error = walk(object, key_path, value_path, depth + 1)) return error;
        return end_at(one, found);
      }
      case '[': {
        json::array array;
        if (const error_code error = one.get_array().get(array)) return error;
        for (auto each : array) {
          if (each.error()) return each.error();
          if (const error_code error = walk(each.value_unsafe(), {}, {}, depth + 1)) return error;
        }
        return end_at(one, found);
      }
      default:
        return is_json_scalar(found.raw) ? simdjson::SUCCESS : simdjson::TAPE_ERROR;
    }
  }

  static error_code walk_string(json::value& one, Found& found) {
    if (found.raw.size() < 2 || found.raw.back() != '"') return simdjson::TAPE_ERROR;
    found.raw = found.raw.substr(1, found.raw.size() - 2);
    // One that is not taken would be skipped, and if a colon follows, with all up to the next bracket that closes.
    if (found.raw.find('\\') == std::string_view::npos) return one.get_raw_json_string().error();
    std::string_view text;
    if (const error_code error = one.get_string().get(text)) return error;
    found.unescaped = text;
    return simdjson::SUCCESS;
  }

  // An object or array, of which the first token is known, ends before the next one.
  static error_code end_at(json::value& one, Found& found) {
    const char* next = nullptr;
    if (const error_code error = one.current_location().get(next)) return error;
    const char* const begin = found.raw.data();
    found.raw = without_space_behind({begin, static_cast<std::size_t>(next - begin)});
    return simdjson::SUCCESS;
  }

  const JsonFields* fields_;
};

// The lines of one block.
class Lines {
 public:
  Lines(Block& block, const RecordRules& rules, json::parser& parser, std::vector<Fields>& records)
      : block_(block), rules_(rules), parser_(parser), long_line_parser_(block.budget()), records_(records) {}

  Parsed run() {
    const std::size_t size = block_.text().size();
    for (std::size_t begin = 0; begin < size;) {
      const std::size_t line_feed = block_.text().substr(begin, kBytesAtOnce).rfind('\n');
      const std::size_t end = line_feed == std::string_view::npos ? begin : begin + line_feed;
      if (begin < end) begin = good_lines(begin, end);
      for (; begin <= end && begin < size; ++parsed_.lines) {
        const std::size_t line_end = std::min(block_.text().find('\n', begin), size);
        if (!line(begin, line_end) && !rules_.skip_bad) return std::move(parsed_);
        begin = line_end + 1;
      }
    }
    return std::move(parsed_);
  }

 private:
  // What simdjson finds of them at once, nine places of 4 bytes in a record of two fields, stays in a core's cache.
  static constexpr std::size_t kBytesAtOnce = std::size_t{16} << 10;

  // Takes lines, up to a LF at `end`, until something is wrong with one, and returns where that begins. simdjson finds
  // the structure of all at once: a line alone is too short for its vectors. Behind what it found it sees the LF, which
  // is no token, and so a walk that comes there ends.
  std::size_t good_lines(std::size_t begin, std::size_t end) {
    const char* const text = block_.data_of_text();
    json::document_stream documents;
    const std::size_t at_once = std::max(kBytesAtOnce, parser_.capacity());
    if (parser_.iterate_many(text + begin, end - begin, at_once).get(documents)) return begin;
    for (auto each = documents.begin(); each != documents.end(); ++each) {
      const std::size_t line_end = block_.text().find('\n', begin);
      const std::string_view line(text + begin, line_end - begin);
      json::document_reference document;
      const char* token = nullptr;  // its first
      if ((*each).get(document) || document.current_location().get(token) || token >= text + line_end) break;
      Walk walk(block_.format.json);
      if (line.size() > rules_.max_record_bytes || walk.document(document, text + line_end, text + end)) break;
      if (take(walk, line)) break;
      ++parsed_.lines;
      begin = line_end + 1;
      if (block_.data_of_text() != text) break;  // the block grew: what `documents` looks at is gone
    }
    return begin;
  }

  // Apart: in line it leaves the loop over good lines fewer registers, and that takes 7 instructions more a record.
  [[gnu::noinline]] bool line(std::size_t begin, std::size_t end) {
    const std::string_view text = without_space_behind(block_.text().substr(begin, end - begin));
    if (record_bytes(begin, end) > rules_.max_record_bytes) return refuse(Flaw::kTooLong, begin, end);
    json::document document;
    Walk walk(block_.format.json);
    json::parser& parser = text.size() > kMostKeptLineBytes ? long_line_parser_.with_room(text.size()) : parser_;
    // Behind the text there are further lines, or the block's slack.
    error_code error = parser.iterate(text.data(), text.size(), text.size() + kBlockSlackBytes).get(document);
    const char* const text_end = text.data() + text.size();
    if (!error) error = walk.document(document, text_end, text_end);
    if (error) return refuse(Flaw::kNotJson, begin, end, json_flaw(error));
    const std::optional<Flaw> flaw = take(walk, text);
    return !flaw || refuse(*flaw, begin, end);
  }

  // Of the line [begin, end): without the CR before its LF.
  std::size_t record_bytes(std::size_t begin, std::size_t end) const {
    const std::string_view text = block_.text();
    const bool has_cr = end < text.size() && end > begin && text[end - 1] == '\r';
    return end - begin - static_cast<std::size_t>(has_cr);
  }

  std::optional<Flaw> take(Walk& walk, std::string_view line) {
    if (block_.format.json->value.empty()) walk.value = {without_space_behind(line), std::nullopt, true};
    if (!walk.key.there) return Flaw::kNoKeyField;
    if (!walk.value.there) return Flaw::kNoValueField;
    if (walk.key.unescaped.value_or(walk.key.raw).empty()) return Flaw::kEmptyKey;
    add(walk.key, walk.value);
    return std::nullopt;
  }

  void add(const Found& key, const Found& value) {
    // All three before the block's memory may move.
    const auto offset = [&](const Found& found) {
      return static_cast<std::uint32_t>(found.raw.data() - block_.data_of_text());
    };
    const Fields raw{offset(key), static_cast<std::uint32_t>(key.raw.size()), offset(value),
                     static_cast<std::uint32_t>(value.raw.size())};
    Fields fields = raw;
    if (value.unescaped && raw.value_offset != raw.key_offset) {
      const bool inside = raw.value_offset > raw.key_offset && raw.value_offset < raw.key_offset + raw.key_bytes;
      fields.value_offset = inside ? append(*value.unescaped) : rewrite(raw.value_offset, *value.unescaped);
      fields.value_bytes = static_cast<std::uint32_t>(value.unescaped->size());
    }
    if (key.unescaped) {
      const bool inside = raw.key_offset > raw.value_offset && raw.key_offset < raw.value_offset + raw.value_bytes;
      fields.key_offset = inside ? append(*key.unescaped) : rewrite(raw.key_offset, *key.unescaped);
      fields.key_bytes = static_cast<std::uint32_t>(key.unescaped->size());
      if (raw.value_offset == raw.key_offset) {
        fields.value_offset = fields.key_offset;
        fields.value_bytes = fields.key_bytes;
      }
    }
    records_.push_back(fields);
  }

  std::uint32_t rewrite(std::uint32_t offset, std::string_view text) {
    text.copy(block_.data_of_text() + offset, text.size());
    return offset;
  }

  // Behind the block's text.
  std::uint32_t append(std::string_view text) {
    const auto begin = static_cast<std::size_t>(block_.data_of_text() - block_.data());
    const std::size_t offset = block_.text().size() + appended_bytes_;
    const std::size_t needed = begin + offset + text.size();
    if (needed > block_.capacity()) block_.grow(std::min(std::max(needed, 2 * block_.capacity()), kMaxBlockBytes));
    appended_bytes_ += text.size();
    return rewrite(static_cast<std::uint32_t>(offset), text);
  }

  bool refuse(Flaw flaw, std::size_t begin, std::size_t end, const char* detail = nullptr) {
    parsed_.bad.push_back(
        {flaw, static_cast<std::uint32_t>(begin), static_cast<std::uint32_t>(end - begin), parsed_.lines, detail});
    return false;
  }

  Block& block_;
  const RecordRules& rules_;
  json::parser& parser_;
  LongLineParser long_line_parser_;
  std::vector<Fields>& records_;
  std::size_t appended_bytes_ = 0;
  Parsed parsed_;
};

}  // namespace

JsonRecords parse_json_lines(Block& block, const RecordRules& rules) {
  assert(block.format.json != nullptr);
  static_assert(kBlockSlackBytes >= simdjson::SIMDJSON_PADDING);
  // Both keep their memory from block to block.
  thread_local json::parser parser;
  thread_local std::vector<Fields> records;
  records.clear();
  Parsed parsed = Lines(block, rules, parser, records).run();
  return {std::move(parsed), records};
}

std::optional<std::string> json_key(std::string_view line, const JsonFields& fields) {
  thread_local json::parser kept;
  std::optional<json::parser> fresh;
  json::parser& parser = line.size() > kMostKeptLineBytes ? fresh.emplace() : kept;
  const simdjson::padded_string padded(line);
  json::document document;
  Walk walk(&fields);
  if (parser.iterate(padded).get(document) != simdjson::SUCCESS) return std::nullopt;
  const char* const end = padded.data() + padded.size();
  if (walk.document(document, end, end) != simdjson::SUCCESS || !walk.key.there) return std::nullopt;
  return std::string(walk.key.unescaped.value_or(walk.key.raw));
}

bool is_json_object(std::string_view text) {
  json::parser parser;
  const simdjson::padded_string padded(text);
  const char* const end = padded.data() + padded.size();
  json::document document;
  return parser.iterate(padded).get(document) == simdjson::SUCCESS &&
         Walk(nullptr).document(document, end, end) == simdjson::SUCCESS;
}

}  // namespace shardflow
