"use strict";
(() => {
  const page = JSON.parse(document.getElementById("payload").textContent);
  const { axis, lines } = page;
  const { draw, digits } = Charts;
  const $ = (id) => document.getElementById(id);
  const many = page.targets.length > 1;

  const at = (position) => (axis.at ? axis.at[position - axis.first] : position * axis.step + axis.phase);
  const clock = axis.time && new Intl.DateTimeFormat("sv-SE", {
    timeZone: axis.zone, dateStyle: "short", ...(axis.days ? {} : { timeStyle: axis.step < 60 ? "medium" : "short" }),
  });
  const when = (position) => (axis.time ? clock.format(new Date(at(position) * 1e3)) : String(at(position)));
  const count = (from, n) => Array.from({ length: n }, (_, i) => from + i);
  const nameOf = (line) => (many ? (line.name ? line.name + " · " : "") + page.targets[line.target] : line.name || page.targets[0]);
  const unitOf = (line) => page.targets[line.target];
  const unpack = (line, coded) => coded.map((q) => (q === null ? null : +(line.offset + q * line.unit).toPrecision(12)));

  /* A hundred forecasts in one chart cannot be read: the newest ones are shown, about this many steps. */
  const READ_STEPS = 170;
  function newest(f) {
    const horizon = f.m.length - f.o[f.o.length - 1];
    const first = f.o.find((o) => f.m.length - o <= Math.max(READ_STEPS, horizon)) ?? f.o[f.o.length - 1];
    return Math.max(0, first + f.past - Math.min(f.past || 0, Math.ceil(horizon / 2)));
  }

  function forecastChart(key, line, { whole, levels = page.levels, ahead = false }) {
    const bandOf = (i) => "band" + Math.min(3, i + 1 + Math.max(0, 2 - levels.length));
    const f = line.f, cut = whole ? 0 : newest(f), from = f.from - f.past + cut, n = f.y.length - cut;
    const gap = Array(f.past).fill(null);
    const positions = count(from, n);
    const actual = unpack(line, f.y).slice(cut), model = [...gap, ...unpack(line, f.m)].slice(cut);
    const ends = f.b.map((b) => [...gap, ...unpack(line, b)].slice(cut));
    const series = [], bands = [], legend = [];
    // The widest band first, so that the narrower ones lie on top of it.
    [...levels.keys()].reverse().forEach((i, nth) => {
      series.push({ name: `${levels[i]} % low`, values: ends[2 * i], colour: "band1", hidden: true });
      series.push({ name: `${levels[i]} % high`, values: ends[2 * i + 1], colour: "band1", hidden: true });
      bands.push({ low: 2 * nth + 1, high: 2 * nth + 2, colour: bandOf(nth) });
    });
    series.push({ name: "actual", values: actual, colour: "actual", width: 1.3 });
    series.push({ name: "forecast", values: model, colour: "model", width: 2 });
    legend.push({ name: "actual", colour: "actual" }, { name: "forecast", colour: "model" });
    [...levels.keys()].reverse().forEach((i, nth) => legend.push({ name: `${levels[i]} % interval`, layers: count(0, nth + 1).map(bandOf), area: true }));
    legend.push({ name: "cutoff", colour: "soft", dash: "dotted" });
    const interval = (i, k) => (ends[2 * k][i] === null ? "" : `, ${levels[k]} %: ${digits(ends[2 * k][i])} to ${digits(ends[2 * k + 1][i])}`);
    const said = line.score === null ? "" : ` ${page.unit} ${digits(line.score)}.`;
    draw(key, {
      x: positions.map(at), time: axis.time, zone: axis.zone, series, bands, legend, unit: unitOf(line), xLabel: page.time, zoomable: !ahead, height: 270,
      cutoffs: f.o.map((o) => f.from + o - 1).filter((o) => o >= from).map(at), view: whole && !ahead && newest(f) > 0 ? [at(from + newest(f)), at(positions[n - 1])] : null,
      say: (i) => `${when(positions[i])}: ` + (ahead && model[i] !== null ? "" : `actual ${digits(actual[i])}`) + (model[i] === null ? "" : `${ahead ? "" : ", "}forecast ${digits(model[i])}${levels.map((_, k) => interval(i, k)).join("")}`),
      alt: `${nameOf(line)}: ${ahead ? "forecast" : "forecasts and actual values"} of ${unitOf(line)}, ${when(f.from)} to ${when(positions[n - 1])}.${said} Arrow keys read values.`,
      table: () => ({
        header: [page.time, ...(ahead ? [] : ["actual"]), "forecast", ...levels.flatMap((l) => [`${l} % lower`, `${l} % upper`])],
        rows: positions.map((p, i) => [when(p), ...(ahead ? [] : [actual[i]]), model[i], ...ends.map((e) => e[i])]).filter((_, i) => model[i] !== null),
      }),
    });
  }

  function dataChart(line) {
    const d = line.d;
    if (!d) return;
    const n = d.v[0].length;
    const positions = count(0, n).map((i) => d.from + Math.min(d.n - 1, i * d.every));
    const whole = d.v.length === 1, [low, mean, high] = whole ? [] : d.v.map((v) => unpack(line, v));
    const value = whole ? unpack(line, d.v[0]) : mean;
    const cut = (k) => at(d.from + Math.min(d.n - 1, d.cuts[k]));
    const end = cut(2), later = d.cuts[2] < d.n;
    const areas = [{ from: cut(0), to: cut(1), colour: "val" }, { from: cut(1), to: end, colour: "test" }];
    if (d.cuts[0] >= d.cuts[2]) areas.length = 0;
    if (d.cuts[1] >= d.cuts[2]) areas.length = Math.min(1, areas.length);
    const series = [{ name: whole ? "value" : "mean", values: value, colour: "actual", width: 1.1 }];
    if (!whole) series.unshift({ name: "minimum", values: low, colour: "actual", hidden: true }, { name: "maximum", values: high, colour: "actual", hidden: true });
    const split = (p) => (p - d.from < d.cuts[0] ? "training" : p - d.from < d.cuts[1] ? "validation" : p - d.from < d.cuts[2] ? "test" : "after the scores");
    draw("data", {
      x: positions.map(at), time: axis.time, zone: axis.zone, series, areas, zoomable: true, unit: unitOf(line), xLabel: page.time, height: 240,
      bands: whole ? [] : [{ low: 1, high: 2, colour: "range" }],
      legend: [{ name: nameOf(line) + (whole ? "" : `, mean of ${d.every} steps`), colour: "actual" }, ...(whole ? [] : [{ name: "minimum to maximum", colour: "range", area: true }]), { name: "validation", colour: "val", area: true }, { name: "test", colour: "test", area: true }],
      say: (i) => `${when(positions[i])}, ${split(positions[i])}: ${digits(value[i])}` + (whole ? "" : `, from ${digits(low[i])} to ${digits(high[i])}`),
      alt: `${nameOf(line)}: ${d.n.toLocaleString("en")} steps of ${unitOf(line)} from ${when(d.from)} to ${when(d.from + d.n - 1)}. Validation begins at ${when(d.from + Math.min(d.n - 1, d.cuts[0]))}, test at ${when(d.from + Math.min(d.n - 1, d.cuts[1]))}.` + (later ? ` The scores end before ${when(d.from + d.cuts[2])}.` : ""),
      table: () => ({
        header: whole ? [page.time, "split", unitOf(line)] : [page.time, "split", "mean", "minimum", "maximum"],
        rows: positions.map((p, i) => [when(p), split(p), value[i], ...(whole ? [] : [low[i], high[i]])]),
      }),
    });
  }

  function barChart(key, { labels, values, name, unit, xLabel, counts, spread }) {
    const x = count(0, labels.length);
    const series = [{ name, values, colour: "bar", bars: true }];
    if (spread) series.push({ name: "mean + standard deviation", values: values.map((v, i) => v + spread[i]), colour: "warm", marks: 4 }, { name: "mean − standard deviation", values: values.map((v, i) => v - spread[i]), colour: "warm", marks: 4 });
    const known = values.filter((v) => v !== null);
    draw(key, {
      x, labels, series, bars: true, fromZero: true, zero: true, unit, xLabel,
      legend: spread ? [{ name: "one standard deviation of the shuffles", colour: "warm", dash: "dotted" }] : [],
      say: (i) => `${labels[i]}: ${digits(values[i])}` + (spread ? ` ± ${digits(spread[i])}` : "") + (counts ? ` over ${counts[i].toLocaleString("en")} values` : ""),
      alt: `Bar chart of ${name}: ${labels.length} bars, from ${digits(Math.min(...known))} to ${digits(Math.max(...known))}.`,
      table: () => ({
        header: [xLabel || "", name, ...(spread ? ["standard deviation"] : []), ...(counts ? ["values"] : [])],
        rows: labels.map((l, i) => [l, values[i], ...(spread ? [spread[i]] : []), ...(counts ? [counts[i].toLocaleString("en")] : [])]),
      }),
    });
  }

  function lineChart(key, { x, series, xLabel, unit, alt, legend, yRange, fromZero, log, dots }) {
    draw(key, {
      x, whole: true, xLabel, unit, alt, fromZero, log, yRange, legend,
      series: series.map((s) => ({ dots: dots && x.length <= 60 ? 5 : 0, ...s })),
      say: (i) => `${xLabel} ${x[i]}: ` + series.filter((s) => !s.quiet).map((s) => `${s.name} ${digits(s.values[i])}`).join(", "),
      table: () => ({ header: [xLabel, ...series.filter((s) => !s.ring).map((s) => s.name)], rows: x.map((v, i) => [String(v), ...series.filter((s) => !s.ring).map((s) => s.values[i])]) }),
    });
  }

  function errors(one) {
    const steps = one.steps, x = count(1, steps.mae.length);
    // Only baselines whose error is not so large that the model's line would look flat beside it.
    const most = 3 * Math.max(...steps.mae.filter((v) => v !== null));
    const rivals = Object.entries(page.baselines).filter(([, v]) => v.length === x.length && v.every((m) => m !== null && m < most)).slice(0, 3);
    const looks = [["soft", [2, 3]], ["good", [6, 3]], ["ink", [1, 4]]];
    lineChart("steps", {
      x, xLabel: "step", unit: one.target, fromZero: true, dots: true,
      series: [
        { name: "MAE", values: steps.mae, colour: "model", width: 2 }, { name: "bias", values: steps.bias, colour: "warm", dash: [5, 4] },
        ...rivals.map(([name, values], i) => ({ name, values, colour: looks[i][0], dash: looks[i][1], width: 1.3, dots: 0 })),
      ],
      legend: [
        { name: "mean absolute error", colour: "model" }, { name: "bias (mean error)", colour: "warm", dash: "dashed" },
        ...rivals.map(([name], i) => ({ name, colour: looks[i][0], dash: i === 1 ? "dashed" : "dotted" })),
      ],
      alt: `Error by step: MAE ${digits(steps.mae[0])} at step 1, ${digits(steps.mae[x.length - 1])} at step ${x.length}.`,
    });
    one.cycles.forEach((c, i) => barChart(`cycle-${i}`, { labels: c.labels, values: c.mae, counts: c.count, name: `mean absolute error by ${c.name}`, unit: one.target, xLabel: c.name }));
    if (one.histogram) histogram(one);
    if (one.acf) correlation(one);
    if (one.coverage.length) calibration(one);
  }

  function histogram(one) {
    const h = one.histogram, total = h.counts.reduce((a, b) => a + b, h.below + h.above);
    const x = h.counts.map((_, i) => (h.edges[i] + h.edges[i + 1]) / 2), share = h.counts.map((c) => (100 * c) / total);
    const span = (i) => `${digits(h.edges[i])} to ${digits(h.edges[i + 1])}`;
    draw("histogram", {
      x, bins: true, fromZero: true, bars: true, xLabel: `forecast minus actual value, ${one.target}`, unit: "% of values",
      series: [{ name: "share", values: share, colour: "bar", bars: true, fill: 1 }],
      legend: [{ name: `mean ${digits(h.mean)}, standard deviation ${digits(h.std)}`, colour: "bar", area: true }],
      say: (i) => `${span(i)}: ${digits(share[i])} %`,
      alt: `Histogram of ${total.toLocaleString("en")} residuals: mean ${digits(h.mean)}, standard deviation ${digits(h.std)}; ${h.below + h.above} outside the range drawn.`,
      table: () => ({ header: ["range", "values"], rows: [[`below ${digits(h.edges[0])}`, String(h.below)], ...h.counts.map((c, i) => [span(i), String(c)]), [`above ${digits(h.edges.at(-1))}`, String(h.above)]] }),
    });
  }

  function correlation(one) {
    const a = one.acf, x = a.values.map((_, i) => (i + 1) * a.every), flat = (v) => x.map(() => v);
    draw("acf", {
      x, bins: true, zero: true, whole: true, xLabel: "steps between cutoffs", unit: "correlation", bars: true,
      yRange: (u, low, high) => [Math.min(-0.3, low * 1.1), Math.max(0.3, high * 1.1)],
      series: [{ name: "correlation", values: a.values, colour: "bar", bars: true, fill: 0.6 }, { name: "bound", values: flat(a.bound), colour: "soft", dash: [4, 4], width: 1 }, { name: "bound", values: flat(-a.bound), colour: "soft", dash: [4, 4], width: 1 }],
      legend: [], say: (i) => `${x[i]} steps apart: ${digits(a.values[i])}`,
      alt: `Autocorrelation of one-step errors at ${x.length} lags; at the first ${digits(a.values[0])}. Between −${digits(a.bound)} and ${digits(a.bound)} it may be chance.`,
      table: () => ({ header: ["steps apart", "correlation", "pairs"], rows: x.map((v, i) => [String(v), a.values[i], String(a.pairs[i])]) }),
    });
  }

  function calibration(one) {
    const c = one.coverage, colours = ["model", "warm", "good", "soft"];
    const x = [0, ...c.map((l) => l.level), 100];
    const observed = [null, ...c.map((l) => l.observed), null];
    draw("calibration", {
      x, xLabel: "nominal, %", unit: "observed, %", yRange: () => [0, 104],
      series: [{ name: "nominal", values: x, colour: "soft", dash: [5, 4], width: 1 }, { name: "observed", values: observed, colour: "model", width: 2, dots: 9 }],
      legend: [{ name: "observed", colour: "model" }, { name: "ideal", colour: "soft", dash: "dashed" }],
      say: (i) => (observed[i] === null ? "" : `${x[i]} % interval: holds ${digits(observed[i])} %, mean width ${digits(c[i - 1].width)} ${one.target}`),
      alt: "Calibration: " + c.map((l) => `the ${l.level} % interval holds ${digits(l.observed)} %`).join(", ") + ".",
      table: () => ({ header: ["nominal, %", "observed, %", "mean width"], rows: c.map((l) => [String(l.level), l.observed, l.width]) }),
    });
    const steps = count(1, c[0].by_step.length);
    lineChart("coverage-steps", {
      x: steps, xLabel: "step", unit: "observed, %", dots: true,
      yRange: (u, low) => [Math.max(0, Math.min(low - 3, Math.min(...c.map((l) => l.level)) - 10)), 101],
      series: c.flatMap((l, i) => [{ name: `${l.level} %`, values: l.by_step, colour: colours[i % 4], width: 1.8 }, { name: "nominal", values: steps.map(() => l.level), colour: colours[i % 4], dash: [5, 4], width: 1, dots: 0, quiet: true }]),
      legend: c.map((l, i) => ({ name: `${l.level} % interval`, colour: colours[i % 4] })),
      alt: "Coverage by step: " + c.map((l) => `${l.level} % interval from ${digits(Math.min(...l.by_step.filter((v) => v !== null)))} to ${digits(Math.max(...l.by_step.filter((v) => v !== null)))}`).join("; ") + ".",
    });
  }

  function training() {
    const rows = page.epochs, members = [...new Set(rows.map((r) => r.member ?? 0))];
    if (!rows.length) return;
    const x = count(1, Math.max(...rows.map((r) => r.epoch)));
    const column = (member, key) => { const by = new Map(rows.filter((r) => (r.member ?? 0) === member).map((r) => [r.epoch, r[key]])); return x.map((e) => by.get(e) ?? null); };
    const series = [], all = [];
    for (const m of members) {
      const tag = members.length > 1 ? ` ${m + 1}` : "", width = members.length > 1 ? 1.2 : 2;
      const loss = column(m, "loss"), val = column(m, "val_loss"), best = column(m, "best").lastIndexOf(true);
      series.push({ name: "training" + tag, values: loss, colour: "model", width });
      if (val.some((v) => v !== null)) series.push({ name: "validation" + tag, values: val, colour: "warm", width });
      if (best >= 0) series.push({ name: "kept" + tag, values: x.map((_, i) => (i === best ? val[i] ?? loss[i] : null)), colour: "ink", ring: true, quiet: true });
      all.push(...loss, ...val);
    }
    const known = all.filter((v) => v !== null && v > 0), span = Math.max(...known) / Math.min(...known);
    const last = rows[rows.length - 1];
    lineChart("loss", {
      x, xLabel: "epoch", unit: page.loss + ", scaled", series, dots: true, log: span > 50 && known.length === all.filter((v) => v !== null).length,
      legend: [{ name: "training", colour: "model" }, ...(last.val_loss !== null ? [{ name: "validation", colour: "warm" }] : [])],
      alt: `Loss over ${x.length} epochs: training ends at ${digits(last.loss)}` + (last.val_loss !== null ? `, validation at ${digits(last.val_loss)}.` : "."),
    });
    const rate = column(members[0], "learning_rate");
    lineChart("rate", { x, xLabel: "epoch", unit: "learning rate", fromZero: true, dots: true, legend: [], series: [{ name: "learning rate", values: rate, colour: "model", width: 2 }], alt: `Learning rate from ${digits(rate[0])} to ${digits(rate.filter((v) => v !== null).at(-1))}.` });
  }

  function importance() {
    const found = page.importance;
    if (!found) return;
    for (const [key, rows, name] of [["inputs", found.inputs, "input"], ["lags", found.lags, "steps before the cutoff"]]) {
      if (rows.length > 1) barChart(`importance-${key}`, { labels: rows.map((r) => r.name), values: rows.map((r) => r.mean), spread: rows.map((r) => r.std), name: "increase of the error, %", unit: "%", xLabel: name });
    }
  }

  /* A list of lines to choose from: its search field, its buttons, its order where there is a choice, and what it shows. */
  function chooser(prefix, lines, orders, show) {
    const select = $(prefix + "series"), find = $(prefix + "find"), order = $(prefix + "order");
    const chosen = () => lines[+select.value] && show(lines[+select.value]);
    const fill = () => {
      const before = select.value, wanted = (find?.value || "").toLowerCase();
      const found = [...lines.keys()].filter((i) => nameOf(lines[i]).toLowerCase().includes(wanted));
      if (order) found.sort(orders[order.value]);
      select.replaceChildren(...found.map((i) => Object.assign(document.createElement("option"), {
        value: i, textContent: nameOf(lines[i]) + (lines[i].score === null ? "" : `  (${page.unit} ${digits(lines[i].score)})`),
      })));
      select.value = found.includes(+before) && before !== "" ? before : found[0] ?? "";
      if (select.value !== before && select.value !== "") chosen();
    };
    const move = (by) => {
      const next = select.selectedIndex + by;
      if (next >= 0 && next < select.options.length) select.selectedIndex = next, chosen();
    };
    select.addEventListener("change", chosen);
    order?.addEventListener("change", fill);
    find?.addEventListener("input", fill);
    $(prefix + "before").addEventListener("click", () => move(-1));
    $(prefix + "after").addEventListener("click", () => move(1));
    fill();
  }

  function explorer() {
    const worth = (l) => (l.score === null ? -Infinity : l.score);
    const orders = {
      name: (a, b) => nameOf(lines[a]).localeCompare(nameOf(lines[b]), "en", { numeric: true }),
      worst: (a, b) => worth(lines[b]) - worth(lines[a]), best: (a, b) => worth(lines[a]) - worth(lines[b]),
    };
    document.querySelectorAll("[data-zoom]").forEach((b) => b.addEventListener("click", () => Charts.zoom("forecast", b.dataset.zoom)));
    chooser("", lines, orders, (line) => (forecastChart("forecast", line, { whole: true }), dataChart(line)));
  }

  if (page.ahead.lines.length) {
    const show = (line) => forecastChart("ahead", line, { whole: true, levels: page.ahead.levels, ahead: true });
    if (page.ahead.lines.length > 1) chooser("ahead-", page.ahead.lines, {}, show);
    else show(page.ahead.lines[0]);
  }
  if (lines.length) {
    for (const [name, i] of page.shown) {
      const heading = document.querySelector(`[data-chart="shown-${name}"] h3`);
      if (!heading) continue;
      const small = document.createElement("small");
      small.textContent = nameOf(lines[i]) + (lines[i].score === null ? "" : `, ${page.unit} ${digits(lines[i].score)}`);
      heading.append(small);
      forecastChart(`shown-${name}`, lines[i], { whole: false });
    }
    explorer();
  }
  if (page.errors.length) {
    errors(page.errors[0]);
    $("target")?.addEventListener("change", (event) => errors(page.errors[+event.target.value]));
  }
  training();
  importance();
  document.documentElement.dataset.ready = "yes";
})();
