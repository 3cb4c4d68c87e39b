"use strict";
/* Charts drawn with uPlot: colours from the style sheet, a legend and a readout in the page, tables on demand, keys. */
const Charts = (() => {
  const root = document.documentElement;
  const made = new Map();
  const colour = (name) => getComputedStyle(root).getPropertyValue("--" + name).trim();
  const isNumber = (v) => typeof v === "number" && Number.isFinite(v);

  function digits(value) {
    if (!isNumber(value)) return "–";
    const size = Math.abs(value);
    if (size && (size >= 1e9 || size < 1e-4)) return value.toExponential(2);
    const places = size >= 100 ? (size >= 1000 ? 0 : 1) : size >= 1 ? 2 : size ? Math.min(6, 2 - Math.floor(Math.log10(size))) : 0;
    return value.toLocaleString("en", { maximumFractionDigits: places, minimumFractionDigits: Math.min(places, 2) });
  }

  const short = new Intl.NumberFormat("en", { maximumSignificantDigits: 6 });
  const compact = new Intl.NumberFormat("en", { notation: "compact", maximumSignificantDigits: 4 });
  const tick = (v) => (v === null ? "" : Math.abs(v) >= 1e5 ? compact.format(v) : v && Math.abs(v) < 1e-4 ? v.toExponential(0) : short.format(v));

  const TIMES = [
    [3600 * 24 * 365, "{YYYY}", null, null, null, null, null, null, 1],
    [3600 * 24 * 28, "{MMM}", "\n{YYYY}", null, null, null, null, null, 1],
    [3600 * 24, "{D} {MMM}", "\n{YYYY}", null, null, null, null, null, 1],
    [3600, "{HH}:{mm}", "\n{D} {MMM} {YYYY}", null, "\n{D} {MMM}", null, null, null, 1],
    [60, "{HH}:{mm}", "\n{D} {MMM} {YYYY}", null, "\n{D} {MMM}", null, null, null, 1],
    [1, "{HH}:{mm}:{ss}", "\n{D} {MMM} {YYYY}", null, "\n{D} {MMM}", null, null, null, 1],
    [0.001, ":{ss}.{fff}", "\n{D} {MMM} {HH}:{mm}", null, "\n{D} {MMM} {HH}:{mm}", null, "\n{HH}:{mm}", null, 1],
  ];

  function axes(spec) {
    const base = () => ({
      stroke: colour("soft"), font: "12px system-ui, sans-serif", labelFont: "12px system-ui, sans-serif",
      grid: { stroke: colour("grid"), width: 1 }, ticks: { stroke: colour("line"), width: 1, size: 4 },
    });
    const x = { ...base(), grid: { show: false }, space: 60, label: spec.xLabel, labelSize: 20, labelGap: 0, size: spec.time ? 40 : 24 };
    if (spec.labels) {
      x.splits = () => spec.labels.map((_, i) => i);
      x.values = (u, places) => {
        const room = u.width / devicePixelRatio / Math.max(1, places.length);
        const longest = Math.max(...spec.labels.map((l) => l.length)) * 7 + 8;
        const every = Math.max(1, Math.ceil(longest / Math.max(1, u.bbox.width / devicePixelRatio / places.length)));
        return room ? places.map((i) => (i % every ? "" : spec.labels[i])) : places;
      };
      x.ticks = { show: false };
    } else if (spec.time) {
      x.values = TIMES;
      x.space = 70;
    } else {
      x.values = (u, places) => places.map(tick);
      if (spec.whole) x.incrs = [1, 2, 5, 10, 20, 25, 50, 100, 200, 500, 1000, 2000, 5000, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9];
    }
    const y = {
      ...base(), space: 36, values: (u, places) => places.map(tick),
      size: (u, values) => Math.max(34, 14 + 7 * Math.max(0, ...(values || []).map((v) => (v || "").length))),
    };
    return [x, y];
  }

  function series(spec) {
    const out = [{ value: (u, v) => v }];
    for (const one of spec.series) {
      const look = { label: one.name, stroke: colour(one.colour), width: one.width ?? 1.6, dash: one.dash, points: { show: false }, spanGaps: false };
      if (one.bars) {
        look.paths = uPlot.paths.bars({ size: [one.fill ?? 0.72, 64], gap: one.fill === 1 ? 1 : 0 });
        look.fill = colour(one.colour);
        look.width = 0;
      }
      if (one.hidden) look.stroke = "transparent", look.width = 0;
      if (one.dots || (one.values.filter(isNumber).length === 1 && !one.bars && !one.hidden)) look.points = { show: true, size: one.dots || 6, fill: colour(one.colour), stroke: colour(one.colour) };
      if (one.ring) look.points = { show: true, size: 12, width: 2, fill: "transparent", stroke: colour(one.colour) }, look.paths = () => null;
      if (one.marks) look.paths = () => null, look.points = { show: true, size: one.marks, fill: colour(one.colour), stroke: colour(one.colour) };
      out.push(look);
    }
    return out;
  }

  function under(spec) {
    return (u) => {
      const { ctx, bbox } = u;
      ctx.save();
      for (const area of spec.areas || []) {
        const a = Math.max(bbox.left, u.valToPos(area.from, "x", true));
        const b = Math.min(bbox.left + bbox.width, u.valToPos(area.to, "x", true));
        if (b <= a) continue;
        ctx.fillStyle = colour(area.colour);
        ctx.fillRect(a, bbox.top, b - a, bbox.height);
      }
      ctx.strokeStyle = colour("soft");
      ctx.globalAlpha = 0.55;
      ctx.lineWidth = devicePixelRatio;
      ctx.setLineDash([1.5 * devicePixelRatio, 3 * devicePixelRatio]);
      const places = (spec.cutoffs || []).map((o) => u.valToPos(o, "x", true)).filter((p) => p >= bbox.left - 1 && p <= bbox.left + bbox.width + 1);
      if (places.length < bbox.width / devicePixelRatio / 8) {
        for (const p of places) {
          ctx.beginPath();
          ctx.moveTo(p, bbox.top);
          ctx.lineTo(p, bbox.top + bbox.height);
          ctx.stroke();
        }
      }
      ctx.setLineDash([]);
      ctx.globalAlpha = 1;
      if (spec.zero && u.scales.y.min <= 0 && u.scales.y.max >= 0) {
        const p = u.valToPos(0, "y", true);
        ctx.strokeStyle = colour("soft");
        ctx.beginPath();
        ctx.moveTo(bbox.left, p);
        ctx.lineTo(bbox.left + bbox.width, p);
        ctx.stroke();
      }
      ctx.restore();
    };
  }

  function build(plot, spec) {
    const readout = plot.parentElement.querySelector(".readout");
    const range = (u, low, high) => {
      if (!isNumber(low) || !isNumber(high)) return [0, 1];
      if (spec.fromZero) low = Math.min(0, low), high = Math.max(0, high);
      const room = (high - low || Math.abs(high) || 1) * 0.06;
      return [spec.fromZero && low === 0 ? 0 : low - room, spec.fromZero && high === 0 ? 0 : high + room];
    };
    const n = spec.x.length;
    const half = spec.labels || spec.bins ? (n > 1 ? (spec.x[1] - spec.x[0]) / 2 : 0.5) : 0;
    const narrow = plot.clientWidth < 420;
    const options = {
      width: Math.max(120, plot.clientWidth), height: spec.height || (narrow ? 190 : 220),
      padding: [10, 20, 0, 0], legend: { show: false },
      tzDate: (ts) => uPlot.tzDate(new Date(ts * 1e3), spec.zone || "Etc/UTC"),
      scales: {
        x: { time: !!spec.time, range: half ? [spec.x[0] - half, spec.x[n - 1] + half] : n === 1 ? [spec.x[0] - 0.5, spec.x[0] + 0.5] : undefined },
        y: spec.log ? { distr: 3 } : { range: spec.yRange || range },
      },
      axes: axes(spec), series: series(spec),
      bands: (spec.bands || []).map((b) => ({ series: [b.high, b.low], fill: colour(b.colour) })),
      cursor: { y: false, drag: { x: !!spec.zoomable, y: false, setScale: !!spec.zoomable }, points: { show: !spec.bars, size: 6 } },
      hooks: {
        drawClear: [under(spec)],
        setCursor: [(u) => { readout.textContent = u.cursor.idx === null || u.cursor.idx === undefined ? "" : spec.say(u.cursor.idx); }],
      },
    };
    if (options.scales.x.range === undefined) delete options.scales.x.range;
    const chart = new uPlot(options, [spec.x, ...spec.series.map((s) => s.values)], plot);
    if (spec.view) chart.setScale("x", { min: spec.view[0], max: spec.view[1] });
    return chart;
  }

  function legend(holder, spec) {
    holder.replaceChildren();
    if (spec.unit) holder.append(Object.assign(document.createElement("span"), { textContent: spec.unit, className: "unit" }));
    for (const one of spec.legend || []) {
      const item = document.createElement("span");
      const mark = document.createElement("i");
      // A narrow band lies on top of the wider ones, so its colour is that of all of them.
      if (one.area) mark.className = "area", mark.style.background = (one.layers || [one.colour]).map((c) => `linear-gradient(${colour(c)}, ${colour(c)})`).join(", ");
      else mark.style.borderTopColor = colour(one.colour), mark.style.borderTopStyle = one.dash || "solid";
      item.append(mark, one.name);
      holder.append(item);
    }
  }

  /* What a chart shows as a table, of at most this many rows, for readers who do not see the chart. */
  const MOST_ROWS = 1000;
  function table(holder, spec) {
    holder.replaceChildren();
    const { header, rows } = spec.table();
    const made = document.createElement("table");
    const head = made.createTHead().insertRow();
    for (const text of header) head.append(Object.assign(document.createElement("th"), { textContent: text, scope: "col" }));
    const body = made.createTBody();
    for (const row of rows.slice(0, MOST_ROWS)) {
      const line = body.insertRow();
      row.forEach((cell, i) => {
        const box = i ? line.insertCell() : line.appendChild(Object.assign(document.createElement("th"), { scope: "row" }));
        box.textContent = typeof cell === "number" ? digits(cell) : cell ?? "–";
      });
    }
    holder.append(made);
    if (rows.length > MOST_ROWS) holder.append(`The first ${MOST_ROWS} of ${rows.length} rows.`);
  }

  function zoom(entry, how) {
    const { chart, spec } = entry;
    const first = spec.x[0], last = spec.x[spec.x.length - 1];
    let { min, max } = chart.scales.x;
    const width = max - min, middle = (min + max) / 2;
    if (how === "in") [min, max] = [middle - width / 4, middle + width / 4];
    if (how === "out") [min, max] = [middle - width, middle + width];
    if (how === "back") [min, max] = [min - width / 2, max - width / 2];
    if (how === "forth") [min, max] = [min + width / 2, max + width / 2];
    if (how === "all") [min, max] = [first, last];
    const wide = Math.min(max - min, last - first);
    if (min < first) [min, max] = [first, first + wide];
    if (max > last) [min, max] = [last - wide, last];
    chart.setScale("x", { min, max });
  }

  function keys(event, entry) {
    const { chart, spec } = entry;
    const step = { ArrowLeft: -1, ArrowRight: 1, PageUp: -10, PageDown: 10 }[event.key];
    if (step || event.key === "Home" || event.key === "End") {
      const n = spec.x.length;
      const now = entry.at ?? (step < 0 ? n : -1);
      entry.at = event.key === "Home" ? 0 : event.key === "End" ? n - 1 : Math.max(0, Math.min(n - 1, now + step));
      const value = spec.series.map((s) => s.values[entry.at]).find(isNumber);
      chart.setCursor({ left: chart.valToPos(spec.x[entry.at], "x"), top: isNumber(value) ? chart.valToPos(value, "y") : 0 });
    } else if (spec.zoomable && "+=-0".includes(event.key) && event.key) {
      zoom(entry, { "+": "in", "=": "in", "-": "out", 0: "all" }[event.key]);
    } else return;
    event.preventDefault();
  }

  function draw(key, spec) {
    const figure = document.querySelector(`[data-chart="${key}"]`);
    if (!figure) return;
    const plot = figure.querySelector(".plot"), holder = figure.querySelector(".as-table");
    let entry = made.get(key);
    if (entry) entry.chart.destroy();
    else {
      entry = {};
      made.set(key, entry);
      plot.addEventListener("keydown", (event) => keys(event, entry));
      holder.addEventListener("toggle", () => holder.open && table(holder.querySelector(".scroll"), entry.spec));
      new ResizeObserver(() => {
        const width = Math.max(120, plot.clientWidth);
        if (entry.chart && width !== entry.chart.width) entry.chart.setSize({ width, height: entry.chart.height });
      }).observe(plot);
    }
    Object.assign(entry, { spec, at: null });
    plot.setAttribute("aria-label", spec.alt);
    figure.querySelector(".readout").textContent = "";
    legend(figure.querySelector(".legend"), spec);
    entry.chart = build(plot, spec);
    if (holder.open) table(holder.querySelector(".scroll"), spec);
  }

  const redraw = () => [...made].forEach(([key, entry]) => draw(key, entry.spec));
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", redraw);
  addEventListener("beforeprint", () => { root.dataset.theme = "light"; redraw(); });
  addEventListener("afterprint", () => { delete root.dataset.theme; redraw(); });

  return { draw, digits, zoom: (key, how) => zoom(made.get(key), how), made };
})();
