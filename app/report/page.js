// The page: what it found, the charts, the numbers, and where they come from.

function element(tag, attributes, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  made.append(...children);
  return made;
}

const drawings = [];
function drawAll() {
  for (const draw of drawings) draw();
}

// `caption` and `draw` are called again whenever a setting or the width changes; `draw` gives nothing if there is
// nothing to be drawn.
function figure(id, title, caption, draw) {
  const chart = element("div", {});
  const text = element("figcaption", {});
  drawings.push(() => {
    text.textContent = caption();
    const svg = draw(Math.max(chart.clientWidth, 280));
    svg?.setAttribute("role", "img");
    svg?.setAttribute("aria-label", `${title}. ${text.textContent}`);
    chart.replaceChildren(svg ?? "Nothing was measured at this setting.");
  });
  return element("figure", {id}, element("h3", {}, title), chart, text);
}

const section = (title, ...children) => element("section", {}, element("h2", {}, title), ...children);
// `kind`: "", or "narrow" for three in a row, "panels" if they keep that width where they are fewer.
const charts = (figures, kind = "") => element("div", {class: `charts ${kind}`}, ...figures);

const drawn = (points, draw) => (points.length ? draw(points) : undefined);

const cpu = {
  full: "user", ring: "system", unit: 1e-9, format: (s) => (s ? time(s) : "0"), label: "CPU time per record",
};
const switches = {
  full: "voluntary", ring: "forced", unit: 0.001, format: short, label: "context switches per 1,000 records",
};

// The chart of each thing measured, a row a mode. `points` gives those of `all` to show now.
function byMode(all, points, modes, at) {
  const interval = () => intervalName(points());
  const bar = () => (interval() ? `, a bar its ${interval()}` : "");
  return [
    figure("time-by-mode", "Time per record",
      () => `Further left is faster. A small dot is a round, a symbol the median${bar()}. ${at()}`,
      (width) => drawn(points(), (some) => timeByMode(some, modes, width))),
    ...(modes.length > 1 && all.every((point) => point.speed_up) ? [figure("speed-up-by-mode", "Speed-up",
      () => `The time of ${modes[0]} over the mode's, round by round${bar()}. Right of the dashed line is faster.`,
      (width) => drawn(points(), (some) => speedUpByMode(some, modes, width)))] : []),
    figure("cpu-by-mode", "CPU time per record",
      () => `Dots: in the program. Rings: in the system. All threads together. ${at()}`,
      (width) => drawn(points(), (some) => pairByMode(some, modes, cpu, width))),
    figure("switches-by-mode", "Context switches",
      () => `Dots: voluntary, a thread waits. Rings: forced. Per 1,000 records. ${at()}`,
      (width) => drawn(points(), (some) => pairByMode(some, modes, switches, width))),
    figure("memory-by-mode", "Memory", () => `The most that a run had resident. ${at()}`,
      (width) => drawn(points(), (some) => memoryByMode(some, modes, width))),
    ...(all.every((point) => point.latency) ? [figure("latency-by-mode", "Latency",
      () => `From a record's arrival until it is in its shard. Lower is faster. ${at()}`,
      (width) => drawn(points(), (some) => latencyByMode(some, modes, width)))] : []),
  ];
}

const measures = [
  {key: "time", title: "Time per record", label: "time per record", of: (p) => p.time, format: time},
  {key: "memory", title: "Memory", label: "peak memory", of: (p) => p.memory, format: bytes},
  {
    key: "latency", title: "99 % latency", label: "latency that 99 % did not exceed",
    of: (p) => ({median: Math.max(p.latency.p99_ns, 1e-9)}), format: time,
  },
];

// What each thing measured is over one setting, the others being `held`.
function overSetting(points, modes, axis, held) {
  const values = valuesOf(points, axis);
  const shown = () => slice(points, held, axis).filter((point) => values.includes(point[axis.key]));
  const others = varying(points).filter((each) => each !== axis);
  const at = () => (others.length ? ` At ${settingWords(held, others)}.` : "");
  const interval = intervalName(points);
  const bars = ({key}) => (interval && key !== "latency" ? ` Bars: ${interval}s.` : "");
  const measured = measures.filter(({key}) => key !== "latency" || points.every((p) => p.latency));
  return section(`By ${axis.title}`, charts(measured.map((measure) =>
    figure(`${measure.key}-by-${axis.key}`, `${measure.title} by ${axis.title}`,
      () => `Lower is better; both axes are logarithmic.${bars(measure)}${at()}`,
      (width) => drawn(shown(), (some) => overAxis(some, modes, axis, values, measure, width)))), "narrow"));
}

// One small chart a mode, all of one height, so that they can be compared.
function scalingSection(points, fits, over, modes, held) {
  const all = fits.filter((fit) => fit.over === over && fit.measured.length);
  if (all.length === 0) return [];
  const shown = varying(points).filter(({key}) => key !== over);
  const highest = 1.15 * d3.max(all, (fit) => {
    const {one} = scalingBase(fit);
    return d3.max(fit.measured, ([, rate]) => rate / one);
  });
  const figures = modes.filter((mode) => all.some((fit) => fit.mode === mode)).map((mode) => {
    const mine = all.filter((fit) => fit.mode === mode);
    const now = () => nearestFit(mine, held);
    return figure(`scaling-${over}-${mode}`, mode, () => scalingCaption(now(), shown),
      (width) => scaling(now(), modes, highest, width));
  });
  return [section(`Speed-up by ${over}`,
    element("p", {class: "quiet"}, `Symbols: measured throughput, over that of the fewest ${over}. ` +
      "Lines: Amdahl's law (dashed) and the Universal Scalability Law (USL), fitted to them, and the ideal (dotted)."),
    charts(figures, "panels"), fitTable(all, shown))];
}

// `shown`: the settings that vary, besides the one that the fit is over.
function scalingCaption(fit, shown) {
  const at = settingWords(fit, shown);
  if (fit.universal) return `${bestWords(fit)}${at && ` At ${at}.`}`;
  const had = new Set(fit.measured.map(([n]) => n)).size;
  return `No fit: it needs 3 different numbers of ${fit.over}, and has ${had}.${at && ` At ${at}.`}`;
}

function environment(values) {
  const names = {memory_bytes: "memory", huge_pages: "huge pages", version: "shardflow"};
  const list = element("dl", {});
  for (const [key, value] of Object.entries(values)) {
    const text = key === "memory_bytes" ? bytes(value) : String(value);
    list.append(element("dt", {}, names[key] ?? key), element("dd", {}, text));
  }
  return list;
}

function command(text) {
  const code = element("code", {}, text);
  const button = element("button", {type: "button"}, "Copy");
  button.addEventListener("click", async () => {
    getSelection().selectAllChildren(code);
    try {
      await navigator.clipboard.writeText(text);
      button.textContent = "Copied";
    } catch {
      button.textContent = "Selected"; // the browser forbids more
    }
  });
  return [element("pre", {}, code), button];
}

// Every option's value, and where it was from: a variable or a config file is not on the command line.
function settingsList(text) {
  if (!text) return [];
  return [element("details", {}, element("summary", {}, "All options"), element("pre", {}, text.trimEnd()))];
}

function download(name, type, text, label) {
  const button = element("button", {type: "button"}, label);
  button.addEventListener("click", () => {
    const url = URL.createObjectURL(new Blob([text()], {type}));
    element("a", {href: url, download: name}).click();
    setTimeout(() => URL.revokeObjectURL(url), 1000);
  });
  return button;
}

// A choice for each setting that varies: what the charts of another hold it at.
function settings(points, held) {
  const choices = varying(points).map((axis) => {
    const values = valuesOf(points, axis);
    const options = values.map((value, i) => element("option", {value: i}, axis.words(value)));
    const select = element("select", {"aria-label": axis.label}, ...options);
    select.selectedIndex = values.indexOf(held[axis.key]);
    select.addEventListener("change", () => {
      held[axis.key] = values[select.selectedIndex];
      drawAll();
    });
    return select;
  });
  return element("div", {class: "settings"},
    "Each chart varies one setting; the others are held at ", ...choices);
}

function comparisonBody(report, points, modes) {
  const slow = `* too slow for all of it: the first ${exact(report.prefix_records)} records`;
  return [
    section("By mode", charts(byMode(points, () => points, modes, () => ""))),
    section("The numbers", ...comparisonTables(points, modes),
      ...(points.some((point) => point.prefix_only) ? [element("p", {class: "quiet"}, slow)] : [])),
  ];
}

function sweepBody(report, points, modes) {
  if (points.length === 0) return [section("The numbers", ...tooSlow(report, points))];
  const held = firstSetting(points);
  const at = () => (varying(points).length ? `At ${settingWords(held, varying(points))}.` : "");
  return [
    ...(varying(points).length ? [settings(points, held)] : []),
    ...varying(points).flatMap((axis) =>
      [overSetting(points, modes, axis, held), ...scalingSection(points, report.fits, axis.key, modes, held)]),
    section("By mode", charts(byMode(points, () => slice(points, held), modes, at))),
    section("The numbers", sweepTable(points), ...tooSlow(report, points)),
  ];
}

// The settings that have no samples.
function tooSlow(report, points) {
  const slow = report.points.filter((point) => point.too_slow).map(withCapacity);
  if (slow.length === 0) return [];
  const shown = points.length ? varying(points) : axes;
  const words = slow.map((point) => `${point.mode} at ${settingWords(point, shown)}`).join("; ");
  return [element("p", {class: "quiet"}, `Too slow, a run took more than ${time(report.longest_run_s)}: ${words}.`)];
}

// What ended it before it was done. "--max-time" is where intervals may be wider than they were to be.
function stopWords(report) {
  if (report.interrupted || report.stopped_by === "signal") return " Stopped by a signal.";
  return report.stopped_by ? ` Stopped at ${report.stopped_by}, before the intervals were within 5 %.` : "";
}

function subtitle(report, points) {
  const times = roundsWords(points);
  const stop = stopWords(report);
  if (report.kind === "sweep") return `${report.input}; ${plural(points.length, "setting")}, ${times} each.${stop}`;
  return `${plural(report.records, "record")}, ${plural(report.keys, "key")}; ${plural(report.threads, "thread")}, ` +
    `${plural(report.shards, "shard")}; ${times}.${stop}`;
}

function show(json) {
  const report = JSON.parse(json);
  if (report.kind === "history") {
    showHistory(report, json);
    return;
  }
  const points = pointsOf(report);
  const modes = [...new Set(points.map((point) => point.mode))];
  const sweep = report.kind === "sweep";
  const name = `shardflow-${sweep ? "sweep" : "compare"}`;
  document.title = `${name.replace("-", " ")}, ${report.environment.date}`;
  document.getElementById("report").replaceChildren(
    element("h1", {}, sweep ? "shardflow: a sweep of settings" : "shardflow: modes compared"),
    element("p", {class: "finding"}, sweep ? sweepFinding(points, report.fits) : comparisonFinding(points)),
    element("p", {class: "quiet"}, subtitle(report, points)),
    ...(sweep ? sweepBody(report, points, modes) : comparisonBody(report, points, modes)),
    section("Measured on", environment(report.environment)),
    section("Made by", ...command(report.command), ...settingsList(report.settings)),
    section("Raw data", element("p", {}, "Every run, not only medians: ",
      download(`${name}.json`, "application/json", () => json, "Download JSON"), " ",
      download(`${name}.csv`, "text/csv", () => csvOf(points), "Download CSV"))),
  );
  drawAll();
}

show(document.getElementById("data").textContent);
let drawnWidth = innerWidth;
addEventListener("resize", () => {
  if (innerWidth !== drawnWidth) drawAll();
  drawnWidth = innerWidth;
});
