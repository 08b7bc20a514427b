// The numbers behind the charts, as tables.

// `columns`: {name, text: row → string}; the first names the row. It scrolls sideways where it is too wide.
function table(caption, columns, rows) {
  const head = element("tr", {}, ...columns.map(({name}) => element("th", {scope: "col"}, name)));
  const cell = (row, {text}, i) => (i === 0 ? element("th", {scope: "row"}, text(row)) : element("td", {}, text(row)));
  const body = rows.map((row) => element("tr", {}, ...columns.map((column, i) => cell(row, column, i))));
  const made = element("table", {},
    element("caption", {}, caption), element("thead", {}, head), element("tbody", {}, ...body));
  return element("div", {class: "scroll", tabindex: "0", role: "region", "aria-label": caption}, made);
}

// `first`: the mode that speed-ups are against, where there are any.
function columnsOf(points, first) {
  const interval = intervalName(points);
  const range = ({low, high}, format) => `${format(low)} to ${format(high)}`;
  return {
    time: [
      {name: "time per record", text: (p) => time(p.time.median)},
      ...(interval ? [{name: interval, text: (p) => range(p.time, time)}] : []),
      ...(first ? [{name: `times as fast as ${first}`, text: (p) => short(p.speed_up.median)}] : []),
      ...(first && interval ? [{name: interval, text: (p) => (p.mode === first ? "" : range(p.speed_up, short))}] : []),
    ],
    cost: [
      {name: "user CPU", text: (p) => time(p.user.median)},
      {name: "system CPU", text: (p) => time(p.system.median)},
      {name: "voluntary switches per 1,000", text: (p) => short(p.voluntary.median)},
      {name: "forced", text: (p) => short(p.forced.median)},
      {name: "peak memory", text: (p) => bytes(p.memory.median)},
    ],
    latency: points.every((p) => p.latency)
      ? percentiles.map(({key, label}) => ({name: `latency ${label}`, text: (p) => time(p.latency[key])}))
      : [],
  };
}

const modeColumn = {name: "mode", text: (p) => p.mode + (p.prefix_only ? " *" : "")};
const medians = "medians over the rounds; CPU time is per record, of all threads; " +
  "context switches are per 1,000 records.";
const captions = {
  time: "Time: medians over the rounds.",
  cost: `Cost: ${medians}`,
  latency: "Latency: from a record's arrival until it is in its shard.",
};

// A short table for each kind of number.
function comparisonTables(points, modes) {
  const columns = columnsOf(points, modes.length > 1 ? modes[0] : undefined);
  return Object.entries(columns)
    .filter(([, own]) => own.length)
    .map(([kind, own]) => table(captions[kind], [modeColumn, ...own], points));
}

function settingColumns(shown) {
  const cells = {records: count, capacity: capacityText, block_bytes: binaryBytes};
  const text = (key) => (row) => (row[key] === undefined ? "" : (cells[key] ?? exact)(row[key]));
  return shown.map(({key, label}) => ({name: label, text: text(key)}));
}

// All in one table, a row a setting.
function sweepTable(points) {
  const {time: times, cost, latency} = columnsOf(points);
  const columns = [modeColumn, ...settingColumns(varying(points)), ...times, ...cost, ...latency];
  return table(`Every setting: ${medians}`, columns, points);
}

// Two rows a fit, Amdahl's law and the Universal Scalability Law. Amdahl's has no coherency, and so no best number.
// `shown`: the settings that vary, besides the one that the fits are over.
function fitTable(fits, shown) {
  const estimate = (told, format) => {
    if (told.value !== null) return `${format(told.value)} (${rangeWords(told, format)})`;
    return told.low <= 1 ? "not told" : rangeWords(told, format);
  };
  const of = (key, format = short) => ({fit}) => estimate(fit[key], format);
  const ofUniversal = (key) => (row) => (row.law === "USL" ? of(key)(row) : "");
  const rows = fits.flatMap((each) => [["Amdahl", each.amdahl], ["USL", each.universal]]
    .filter(([, fit]) => fit).map(([law, fit]) => ({...withCapacity(each), law, fit})));
  const rate = (number) => `${count(number)}/s`;
  return rows.length === 0 ? "" : table("What the fits say, with 95 % intervals.", [
    {name: "mode", text: (row) => row.mode},
    ...settingColumns(shown),
    {name: "law", text: (row) => row.law},
    {name: "throughput of one (λ)", text: of("lambda", rate)},
    {name: "serial fraction, contention (σ)", text: of("sigma")},
    {name: "coherency (κ)", text: ofUniversal("kappa")},
    {name: `best number of ${fits[0].over}`, text: ofUniversal("best_concurrency")},
    {name: "residual", text: (row) => d3.format(".1%")(row.fit.residual_relative)},
  ], rows);
}
