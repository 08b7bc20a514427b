// The history of a build's measurements: a chart a metric, with the levels that it was on.

const verdicts = [
  {verdict: "no regression", symbol: "circle"},
  {verdict: "regression", symbol: "triangle"},
  {verdict: "undecided", symbol: "diamond"},
];
const symbolOf = (value) => (verdicts.find(({verdict}) => verdict === value.verdict) ?? verdicts[2]).symbol;

const seriesGroup = ({group, loaded_with}) => (loaded_with ? `${group}: ${loaded_with}` : group);
const runName = ({label, run}) => label || `run ${run}`;
const unitWords = (unit) => (unit === "x" ? "times the other mode's" : unit);
const valueText = (series, value) => `${short(value)}${series.unit === "x" ? "×" : ` ${series.unit}`.trimEnd()}`;

function trend(series, width) {
  const {values, changes} = series;
  const [first, last] = d3.extent(values, ({run}) => run);
  const [low, high] = d3.extent(values, ({value}) => value);
  const room = Math.max(high - low, 0.02 * high) * 0.2;
  return Plot.plot({
    ...base(width),
    height: 230,
    marginTop: 30,
    marginLeft: 56,
    x: {domain: [first - 0.5, last + 0.5], label: "run", tickFormat: "d",
      ticks: d3.ticks(first, last, Math.min(width / 60, last - first + 1)).filter(Number.isInteger)},
    y: {domain: [low - room, high + room], label: null, grid: true, ticks: 5},
    marks: [
      Plot.ruleX(changes, {x: ({run}) => run - 0.5, strokeDasharray: "4 3"}),
      Plot.text(changes, {x: ({run}) => run - 0.5, text: ({words}) => words.match(/[+-][\d.]+ %$/)[0], frameAnchor: "top", dy: -12}),
      Plot.line(values, {x: "run", y: "level", curve: "step", stroke: "var(--mode-0)", strokeWidth: 6, strokeOpacity: 0.35}),
      Plot.dot(values, {
        x: "run", y: "value", r: 3.5, symbol: symbolOf, fill: "var(--mode-0)", tip: true,
        title: (v) => `${runName(v)}, ${v.date}\n${valueText(series, v.value)}, ${v.verdict}`,
      }),
    ],
  });
}

function trendFigure(series, index) {
  const last = series.values.at(-1);
  const caption = [`${valueText(series, last.level)} at last`, ...series.changes.map(({words}) => words)].join("; ");
  return figure(`trend-${index}`, [series.metric, unitWords(series.unit)].filter(Boolean).join(", "), () => `${caption}.`,
    (width) => trend(series, width));
}

function historyFinding(series) {
  const changed = series.filter(({changes}) => changes.length);
  if (changed.length === 0) return "No metric has left its level.";
  const latest = d3.greatest(changed, ({changes}) => changes.at(-1).run);
  const {words} = latest.changes.at(-1);
  return `${plural(changed.length, "metric")} of ${series.length} changed; at last ${latest.metric} of ` +
    `${latest.group}, ${words}.`;
}

const historyRows = (series) => series.flatMap(({group, metric, unit, machine, loaded_with, values}) =>
  values.map((value) => ({...value, group, metric, unit, machine, loaded_with})));

function historyTable(series) {
  return table("Where each metric is, and since when: levels are medians.", [
    {name: "metric", text: (each) => `${seriesGroup(each)}: ${each.metric}`},
    {name: "runs", text: ({values}) => exact(values.length)},
    {name: "at last", text: (each) => valueText(each, each.values.at(-1).value)},
    {name: "level", text: (each) => valueText(each, each.values.at(-1).level)},
    {name: "changes", text: ({changes}) => changes.map(({words}) => words).join("; ") || "none"},
  ], series);
}

function showHistory(report, json) {
  const {series} = report;
  document.title = "shardflow history";
  const groups = d3.groups(series, (each) => seriesGroup(each) + (each.machine ? `, on ${each.machine}` : ""));
  document.getElementById("report").replaceChildren(
    element("h1", {}, "shardflow: measurements over time"),
    element("p", {class: "finding"}, historyFinding(series)),
    element("p", {class: "quiet"}, `${plural(report.runs, "run")} of the gate. Circles: no regression, triangles: ` +
      "regression, diamonds: undecided, each against its own base. Bands: levels, which change where Pettitt's test " +
      "says so (1 % of false alarms). Times are of one kind of machine, ratios between modes of any."),
    ...groups.map(([name, own]) =>
      section(name, charts(own.map((each) => trendFigure(each, series.indexOf(each)))))),
    section("The numbers", historyTable(series)),
    section("Made by", ...command(report.command)),
    section("Raw data", element("p", {}, download("shardflow-history.json", "application/json", () => json, "Download JSON"),
      " ", download("shardflow-history.csv", "text/csv", () => d3.csvFormat(historyRows(series)) + "\n", "Download CSV"))),
  );
  drawAll();
}
