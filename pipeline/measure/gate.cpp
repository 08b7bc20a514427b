#include "pipeline/measure/gate.hpp"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <iterator>

namespace shardflow {
namespace {

// That the control of any question trips by chance, at the end alone.
constexpr double kControlLevel = 0.02;

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

bool is_bounded_below(const GateQuestion& question) { return question.allowed.low > 0; }

// The looks that so many pairs have had.
std::vector<Look> looks_at(const GateRule& rule, std::size_t pairs) {
  std::vector<Look> looks;
  double left = 1;
  for (const Look& look : rule.looks) {
    if (look.pairs > pairs) break;
    looks.push_back(look);
    left -= look.share;
  }
  if (!looks.empty() && looks.size() < rule.looks.size() && looks.back().pairs < pairs) looks.push_back({pairs, left});
  return looks;
}

bool is_within(const GateRule& rule, const GateQuestion& question, std::span<const double> ratios,
               const Interval& interval, double share) {
  const double level = share * rule.false_quiet;
  const Range& allowed = question.allowed;
  const bool below_high = interval.high < allowed.high && p_below(ratios, allowed.high) < level;
  if (!below_high || !is_bounded_below(question)) return below_high;
  return interval.low > allowed.low && p_above(ratios, allowed.low) < level;
}

// What the looks found, before Holm's correction.
Answer answer(const GateRule& rule, const GateQuestion& question) {
  Answer answer;
  for (const Look& look : looks_at(rule, question.ratios.size())) {
    const auto ratios = std::span(question.ratios).first(look.pairs);
    const Interval interval = median_interval(ratios);
    const auto paid = [&](double p) { return std::min(1.0, p / look.share); };
    if (interval.low > question.allowed.high) {
      answer.p_above = std::min(answer.p_above, paid(p_above(ratios, question.allowed.high)));
    }
    if (interval.high < question.allowed.low) {
      answer.p_below = std::min(answer.p_below, paid(p_below(ratios, question.allowed.low)));
    }
    if (is_within(rule, question, ratios, interval, look.share)) answer.finding = Finding::kWithin;
  }
  if (question.ratios.empty()) return answer;
  answer.median = median(question.ratios);
  answer.interval = median_interval(question.ratios);
  return answer;
}

// Both directions of all questions are one family of tests.
void correct_p_values(std::span<const GateQuestion> questions, std::span<Answer> answers) {
  std::vector<double*> p_values;
  for (std::size_t i = 0; i < questions.size(); ++i) {
    p_values.push_back(&answers[i].p_above);
    if (is_bounded_below(questions[i])) p_values.push_back(&answers[i].p_below);
  }
  std::vector<double> family;
  std::ranges::transform(p_values, std::back_inserter(family), [](const double* p) { return *p; });
  const std::vector<double> adjusted = holm_adjusted(family);
  for (std::size_t i = 0; i < p_values.size(); ++i) *p_values[i] = adjusted[i];
}

// Likewise of the controls, which are another family.
void watch_controls(std::span<const GateQuestion> questions, std::span<Answer> answers) {
  std::vector<double> family;
  for (const GateQuestion& question : questions) {
    const double half = std::sqrt(question.allowed.high);
    family.push_back(p_above(question.control, half));
    family.push_back(p_below(question.control, 1 / half));
  }
  const std::vector<double> adjusted = holm_adjusted(family);
  for (std::size_t i = 0; i < answers.size(); ++i) {
    answers[i].control_tripped = std::min(adjusted[2 * i], adjusted[2 * i + 1]) < kControlLevel;
  }
}

// What is open at the last look, and vouched for.
bool is_nearly_within(const GateRule& rule, const GateQuestion& question, const Answer& answer,
                      std::span<const Answer> answers) {
  if (!question.voucher || answers[*question.voucher].finding != Finding::kWithin) return false;
  if (answer.finding != Finding::kOpen || question.ratios.size() < rule.looks.front().pairs) return false;
  const double bound = nearly(question.allowed.high);
  // Both ends of it are at the level, and one counts.
  const Interval interval = median_interval(question.ratios, 1 - 2 * rule.false_quiet);
  return answer.median < question.allowed.high && interval.high < bound &&
         p_below(question.ratios, bound) < rule.false_quiet;
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

std::vector<std::size_t> open_ones(std::span<const Answer> answers) {
  std::vector<std::size_t> open;
  for (std::size_t i = 0; i < answers.size(); ++i) {
    if (answers[i].finding == Finding::kOpen) open.push_back(i);
  }
  return open;
}

// Asks for the next look at the workloads of the open questions. False if there is none.
bool ask_for_more(const GateRule& rule, std::span<const GateQuestion> questions, std::span<const std::size_t> open,
                  bool time_over, Judgement& judgement) {
  std::size_t pairs = 0;
  for (const std::size_t i : open) pairs = std::max(pairs, questions[i].ratios.size());
  const auto look = std::ranges::upper_bound(rule.looks, pairs, {}, &Look::pairs);
  if (time_over || look == rule.looks.end()) return false;
  judgement.pairs = look->pairs;
  for (const std::size_t i : open) {
    if (std::ranges::find(judgement.workloads, questions[i].workload) == judgement.workloads.end())
      judgement.workloads.push_back(questions[i].workload);
  }
  return true;
}

void give_up(Judgement& judgement, Reason reason) {
  judgement.verdict = Verdict::kUndecided;
  judgement.reason = reason;
}

// There will be no more of the first samples.
void settle(const GateRule& rule, std::span<const GateQuestion> questions, Judgement& judgement) {
  for (std::size_t i = 0; i < questions.size(); ++i) {
    Answer& answer = judgement.first[i];
    if (is_nearly_within(rule, questions[i], answer, judgement.first)) answer.finding = Finding::kNearly;
  }
  if (open_ones(judgement.first).empty()) {
    judgement.verdict = Verdict::kPass;
  } else {
    give_up(judgement, Reason::kTime);
  }
}

// A control that tripped takes back what was decided, in either direction.
void heed_controls(const GateSamples& samples, Judgement& judgement) {
  if (judgement.verdict == Verdict::kOpen) return;
  watch_controls(samples.first, judgement.first);
  watch_controls(samples.confirmation, judgement.confirmation);
  const bool tripped = std::ranges::any_of(judgement.first, &Answer::control_tripped) ||
                       std::ranges::any_of(judgement.confirmation, &Answer::control_tripped);
  if (tripped) give_up(judgement, Reason::kControl);
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
    give_up(judgement, Reason::kDisagreement);
  } else if (!ask_for_more(rule, samples.confirmation, open, time_over && begun, judgement)) {
    give_up(judgement, Reason::kTime);
  }
}

}  // namespace

std::vector<Answer> answers(const GateRule& rule, std::span<const GateQuestion> questions) {
  std::vector<Answer> answers;
  std::ranges::transform(questions, std::back_inserter(answers),
                         [&](const GateQuestion& question) { return answer(rule, question); });
  correct_p_values(questions, answers);
  for (Answer& answer : answers) {
    if (answer.p_above < rule.false_alarm) answer.finding = Finding::kAbove;
    if (answer.p_below < rule.false_alarm) answer.finding = Finding::kBelow;
  }
  return answers;
}

Judgement judge(const GateRule& rule, const GateSamples& samples, bool time_over) {
  assert(!rule.looks.empty() && std::ranges::is_sorted(rule.looks, {}, &Look::pairs));
  assert(samples.confirmation.size() == samples.first.size());
  Judgement judgement;
  judgement.first = answers(rule, samples.first);
  judgement.confirmation = confirmed(rule, samples.confirmation, judgement.first);

  const std::vector<std::size_t> open = open_ones(judgement.first);
  if (std::ranges::any_of(judgement.first, is_outside)) {
    confirm(rule, samples, time_over, judgement);
  } else if (open.empty()) {
    judgement.verdict = Verdict::kPass;
  } else if (!ask_for_more(rule, samples.first, open, time_over, judgement)) {
    settle(rule, samples.first, judgement);
  }
  heed_controls(samples, judgement);
  return judgement;
}

}  // namespace shardflow
