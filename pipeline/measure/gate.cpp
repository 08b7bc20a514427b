#include "pipeline/measure/gate.hpp"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <iterator>

namespace shardflow {
namespace {

// The control is watched at this level in each direction, at the end alone.
constexpr double kControlLevel = 0.01;

// The probability of ratios that are this far above `bound`, if their true median is on it.
double p_above(std::span<const double> ratios, double bound) {
  std::vector<double> differences;
  std::ranges::transform(ratios, std::back_inserter(differences),
                         [&](double ratio) { return std::log(ratio) - std::log(bound); });
  return wilcoxon_p_value(differences);
}

double p_below(std::span<const double> ratios, double bound) {
  std::vector<double> inverse;
  std::ranges::transform(ratios, std::back_inserter(inverse), [](double ratio) { return 1 / ratio; });
  return p_above(inverse, 1 / bound);
}

bool control_tripped(const GateQuestion& question) {
  if (question.control.empty()) return false;
  const double half = std::sqrt(question.allowed.high);
  return p_above(question.control, half) < kControlLevel || p_below(question.control, 1 / half) < kControlLevel;
}

bool is_within(const GateRule& rule, const GateQuestion& question, const Answer& answer) {
  const auto looks = static_cast<double>(rule.looks.size());
  const Range& allowed = question.allowed;
  const auto below_high = [&] {
    return answer.interval.high < allowed.high && looks * p_below(question.ratios, allowed.high) < rule.false_quiet;
  };
  const auto above_low = [&] {
    return answer.interval.low > allowed.low && looks * p_above(question.ratios, allowed.low) < rule.false_quiet;
  };
  return below_high() && (allowed.low <= 0 || above_low());
}

Finding find(const GateRule& rule, const GateQuestion& question, const Answer& answer) {
  if (answer.p_above < rule.false_alarm && answer.interval.low > question.allowed.high) return Finding::kAbove;
  if (answer.p_below < rule.false_alarm && answer.interval.high < question.allowed.low) return Finding::kBelow;
  return is_within(rule, question, answer) ? Finding::kWithin : Finding::kOpen;
}

bool is_outside(const Answer& answer) { return answer.finding == Finding::kAbove || answer.finding == Finding::kBelow; }

// The fresh answers to the questions that were outside at first, which are a family of their own; the others stay open.
std::vector<Answer> confirmed(const GateRule& rule, std::span<const GateQuestion> fresh,
                              std::span<const Answer> first) {
  std::vector<GateQuestion> asked;
  for (std::size_t i = 0; i < first.size(); ++i) {
    if (is_outside(first[i])) asked.push_back(fresh[i]);
  }
  const std::vector<Answer> given = answers(rule, asked);
  std::vector<Answer> all(first.size());
  auto next = given.begin();
  for (std::size_t i = 0; i < first.size(); ++i) {
    if (is_outside(first[i])) all[i] = *next++;
  }
  return all;
}

// Asks for the next look at the workloads of the open questions; if there is none, it is undecided.
void ask_for_more(const GateRule& rule, std::span<const GateQuestion> questions, std::span<const std::size_t> open,
                  bool time_over, Judgement& judgement) {
  std::size_t pairs = 0;
  for (const std::size_t i : open) {
    pairs = std::max(pairs, questions[i].ratios.size());
    if (std::ranges::find(judgement.workloads, questions[i].workload) == judgement.workloads.end())
      judgement.workloads.push_back(questions[i].workload);
  }
  const auto look = std::ranges::upper_bound(rule.looks, pairs);
  if (time_over || look == rule.looks.end()) {
    judgement.verdict = Verdict::kUndecided;
    judgement.reason = Reason::kTime;
  } else {
    judgement.pairs = *look;
  }
}

// A control that tripped takes back what was decided, in either direction.
void heed_control(Judgement& judgement) {
  const bool tripped = std::ranges::any_of(judgement.first, &Answer::control_tripped) ||
                       std::ranges::any_of(judgement.confirmation, &Answer::control_tripped);
  if (judgement.verdict == Verdict::kOpen || !tripped) return;
  judgement.verdict = Verdict::kUndecided;
  judgement.reason = Reason::kControl;
}

void confirm(const GateRule& rule, const GateSamples& samples, bool time_over, Judgement& judgement) {
  judgement.confirming = true;
  std::vector<std::size_t> open;
  bool begun = false;
  for (std::size_t i = 0; i < samples.first.size(); ++i) {
    if (!is_outside(judgement.first[i])) continue;
    begun = begun || !samples.confirmation[i].ratios.empty();
    const Finding fresh = judgement.confirmation[i].finding;
    if (fresh == judgement.first[i].finding) judgement.verdict = Verdict::kOutside;
    if (fresh == Finding::kOpen) open.push_back(i);
  }
  if (judgement.verdict == Verdict::kOutside) return;
  if (open.empty()) {
    judgement.verdict = Verdict::kUndecided;
    judgement.reason = Reason::kDisagreement;
  } else {
    ask_for_more(rule, samples.confirmation, open, time_over && begun, judgement);
  }
}

}  // namespace

std::vector<Answer> answers(const GateRule& rule, std::span<const GateQuestion> questions) {
  const auto looks = static_cast<double>(rule.looks.size());
  // Both directions of all questions are one family of tests.
  std::vector<double> p_values;
  for (const GateQuestion& question : questions) {
    p_values.push_back(std::min(1.0, looks * p_above(question.ratios, question.allowed.high)));
    const bool bounded_below = question.allowed.low > 0;
    if (bounded_below) p_values.push_back(std::min(1.0, looks * p_below(question.ratios, question.allowed.low)));
  }
  const std::vector<double> adjusted = holm_adjusted(p_values);
  std::vector<Answer> result(questions.size());
  auto next = adjusted.begin();
  for (std::size_t i = 0; i < questions.size(); ++i) {
    const GateQuestion& question = questions[i];
    Answer& answer = result[i];
    answer.p_above = *next++;
    if (question.allowed.low > 0) answer.p_below = *next++;
    if (question.ratios.empty()) continue;
    answer.median = median(question.ratios);
    answer.interval = median_interval(question.ratios);
    answer.control_tripped = control_tripped(question);
    if (question.ratios.size() >= rule.looks.front()) answer.finding = find(rule, question, answer);
  }
  return result;
}

Judgement judge(const GateRule& rule, const GateSamples& samples, bool time_over) {
  assert(!rule.looks.empty() && std::ranges::is_sorted(rule.looks));
  assert(samples.confirmation.size() == samples.first.size());
  Judgement judgement;
  judgement.first = answers(rule, samples.first);
  judgement.confirmation = confirmed(rule, samples.confirmation, judgement.first);

  std::vector<std::size_t> open;
  for (std::size_t i = 0; i < samples.first.size(); ++i) {
    if (judgement.first[i].finding == Finding::kOpen) open.push_back(i);
  }
  if (std::ranges::any_of(judgement.first, is_outside)) {
    confirm(rule, samples, time_over, judgement);
  } else if (open.empty()) {
    judgement.verdict = Verdict::kPass;
  } else {
    ask_for_more(rule, samples.first, open, time_over, judgement);
  }
  heed_control(judgement);
  return judgement;
}

}  // namespace shardflow
