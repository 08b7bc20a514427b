#include "app/progress_text.hpp"

#include <algorithm>

#include "app/terminal.hpp"

namespace shardflow::app {
namespace {

// A shorter bar shows nothing, a longer one no more.
constexpr std::size_t kLeastBar = 8;
constexpr std::size_t kMostBar = 40;
constexpr std::size_t kFrame = 3;  // [] and a space

}  // namespace

std::string progress_text(const ProgressState& state) {
  const auto records = static_cast<double>(state.records);
  const std::string bytes = human_bytes(static_cast<double>(state.bytes));
  std::string text = bytes;
  if (state.phase.empty()) {
    text = human_count(records) + " records, " + bytes + ", " + human_count(records / state.elapsed_s) + " records/s";
  }
  const std::string phase(state.phase);
  if (state.input_share == 0) return phase + (phase.empty() ? "" : ": ") + text;
  const double left_s = state.elapsed_s / state.input_share - state.elapsed_s;
  return phase + (phase.empty() ? "" : ", ") + fixed(100 * state.input_share, 0) + " %: " + text + ", " +
         human_seconds(left_s) + " left";
}

std::string progress_bar(const ProgressState& state, std::size_t columns) {
  const std::size_t width = std::max<std::size_t>(columns, 1) - 1;
  const std::string text = progress_text(state);
  if (state.input_share == 0 || text.size() + kFrame + kLeastBar > width) return text.substr(0, width);
  const std::size_t bar = std::min(width - text.size() - kFrame, kMostBar);
  const auto filled = static_cast<std::size_t>(state.input_share * static_cast<double>(bar));
  return "[" + std::string(filled, '#') + std::string(bar - filled, '.') + "] " + text;
}

}  // namespace shardflow::app
