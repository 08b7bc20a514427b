#include "pipeline/input/describe.hpp"

#include "pipeline/errors.hpp"

namespace shardflow {
namespace {

std::string quoted(const JsonPath& path) {
  std::string text;
  for (const std::string& name : path) text += (text.empty() ? "" : ".") + excerpt(name);
  return "\"" + text + "\"";
}

std::string fields_of(const JsonFields& json) {
  const std::string key = "an object with " + quoted(json.key);
  return json.value.empty() ? key : key + " and " + quoted(json.value);
}

}  // namespace

std::string reason(const BadLine& bad, const RecordRules& rules, const TextFormat& format) {
  switch (bad.flaw) {
    case Flaw::kNoTab:
      return "no TAB in the line";
    case Flaw::kEmptyKey:
      return "the key is empty";
    case Flaw::kTooLong:
      return "the record is longer than --max-record (" + std::to_string(rules.max_record_bytes) + ")";
    case Flaw::kTooFewFields:
      return "the record has too few fields";
    case Flaw::kQuote:
      return "a quote stands where its field neither begins nor ends";
    case Flaw::kUnclosedQuote:
      return "a quote is not closed, by the end or within --max-record (" + std::to_string(rules.max_record_bytes) +
             ")";
    case Flaw::kNotJson:
      return "the line is no JSON object" + (bad.detail == nullptr ? "" : " (" + std::string(bad.detail) + ")");
    case Flaw::kNoKeyField:
      return "the object has no " + quoted(format.json->key);
    case Flaw::kNoValueField:
      return "the object has no " + quoted(format.json->value);
  }
  return "";
}

std::string expectation(const BadLine& bad, const TextFormat& format) {
  if (bad.flaw == Flaw::kTooLong) return "raise the limit, or check that lines end in LF";
  if (bad.flaw == Flaw::kUnclosedQuote) return "close it, or raise the limit";
  if (format.kind == TextFormat::Kind::kJsonLines) {
    const bool lacks_field = bad.flaw == Flaw::kNoKeyField || bad.flaw == Flaw::kNoValueField;
    return "expected " + fields_of(*format.json) + " on every line" +
           (lacks_field ? ", or others by --key and --value" : "");
  }
  if (format.kind != TextFormat::Kind::kCsv) return "expected KEY<TAB>VALUE on every line";
  const std::string value = format.value_is_rest ? "behind it" : "in field " + std::to_string(format.value_column + 1);
  return "expected the key in field " + std::to_string(format.key_column + 1) + ", the value " + value;
}

}  // namespace shardflow
