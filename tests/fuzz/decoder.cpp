// Decompression: the same bytes, or a failure, however the input and the output are cut. The first byte says the
// coding, the second the pieces.
#include "pipeline/input/decoder.hpp"

#include <algorithm>
#include <array>
#include <memory>
#include <string>

#include "pipeline/input/decode_ahead.hpp"
#include "tests/fuzz/target.hpp"

namespace {

using namespace shardflow;

struct Outcome {
  std::string text;
  bool damaged = false;
  bool whole = false;
};

constexpr std::size_t kMostText = std::size_t{1} << 20;

Outcome decode(Coding coding, std::string_view input, std::size_t in_bytes, std::size_t out_bytes, bool begun = false) {
  const std::unique_ptr<Decoder> decoder = make_decoder(coding, begun);
  Outcome outcome;
  std::string out(out_bytes, '\0');
  while (outcome.text.size() < kMostText) {
    const Decoder::Step step = decoder->run(input.substr(0, in_bytes), out.data(), out.size());
    outcome.text.append(out, 0, step.given);
    if (step.damage != nullptr) {
      outcome.damaged = true;
      return outcome;
    }
    input.remove_prefix(step.taken);
    if (step.taken == 0 && step.given == 0) {
      fuzz::require(input.empty(), "a decoder goes on");
      outcome.whole = decoder->at_boundary();
      return outcome;
    }
  }
  return outcome;
}

// The same, but for what it decodes ahead.
std::string decode_ahead(Coding coding, std::string_view input, std::size_t out_bytes) {
  DecodeAhead ahead(coding, {}, [&](char* to, std::size_t most) {
    const std::string_view piece = input.substr(0, most);
    std::ranges::copy(piece, to);
    input.remove_prefix(piece.size());
    return piece.size();
  });
  std::string text;
  std::string out(out_bytes, '\0');
  while (text.size() < kMostText) {
    const std::size_t got = ahead.read_some(out.data(), out.size());
    if (got == 0) {
      return text + decode(coding, ahead.rest().append(input), SIZE_MAX, 1 << 16, ahead.taken_bytes() > 0).text;
    }
    text.append(out, 0, got);
  }
  return text;
}

// Frames of zstd before its format was fixed, which libzstd may read, but not in pieces.
bool has_old_frame(std::string_view input) {
  constexpr std::string_view kMagic = "\xb5\x2f\xfd";
  for (std::size_t at = input.find(kMagic, 1); at != std::string_view::npos; at = input.find(kMagic, at + 1)) {
    if (input[at - 1] != '\x28') return true;
  }
  return false;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2) return 0;
  constexpr std::array kCodings{Coding::kGzip, Coding::kZstd, Coding::kLz4};
  const Coding coding = kCodings[data[0] % kCodings.size()];
  const std::string_view input = fuzz::text_of(data + 2, size - 2);
  if (coding == Coding::kZstd && has_old_frame(input)) return 0;
  const Outcome at_once = decode(coding, input, input.size(), 1 << 16);
  const Outcome in_pieces = decode(coding, input, std::size_t{1} + data[1] % 16, std::size_t{1} + data[1] / 16);
  // What is cut off may look damaged before its end, in pieces.
  fuzz::require(at_once.whole == in_pieces.whole, "the same end");
  fuzz::require(at_once.damaged == in_pieces.damaged || !at_once.whole, "the same damage");
  if (!at_once.whole) return 0;
  fuzz::require(at_once.text == in_pieces.text, "the same text");
  if (coding == Coding::kLz4) return 0;
  const std::string ahead = decode_ahead(coding, input, std::size_t{1} + data[1] / 16);
  fuzz::require(ahead == at_once.text, "the same text ahead");
  return 0;
}
