"use strict";
(() => {
  const { draw, digits } = Charts;
  const $ = (id) => document.getElementById(id);
  const MOST_LISTED = 1000;
  const FORMS = { csv: "text/csv", tsv: "text/csv", txt: "text/csv", parquet: "application/vnd.apache.parquet", pq: "application/vnd.apache.parquet", arrow: "application/vnd.apache.arrow.stream", feather: "application/vnd.apache.arrow.file" };
  const page = { token: "", runs: [], run: null, file: null, lines: [], asked: 0 };

  const element = (name, facts) => Object.assign(document.createElement(name), facts);
  const fill = (select, values, names = values) => select.replaceChildren(...values.map((value, i) => element("option", { value, textContent: names[i] })));

  async function ask(path, options = {}) {
    const headers = { ...options.headers, ...(page.token ? { authorization: `Bearer ${page.token}` } : {}) };
    const answer = await fetch(path, { ...options, headers });
    if (answer.status === 401) {
      $("ask").hidden = false;
      $("body").hidden = true;
      $("token").focus();
    }
    if (!answer.ok) throw await answer.json().catch(() => ({ title: `The service answers ${answer.status}.`, diagnostics: [] }));
    return answer;
  }

  function say(text) { $("state").textContent = text; }

  function fault(problem) {
    const box = $("fault");
    box.hidden = !problem;
    box.replaceChildren();
    if (!problem) return;
    box.append(element("p", { textContent: problem.title || "The service does not answer." }));
    const list = element("ul");
    for (const one of problem.diagnostics || []) {
      const line = one.range ? `line ${one.range.start.line}: ` : "";
      list.append(element("li", { textContent: line + (one.path ? `${one.path}: ` : "") + one.summary + (one.hint ? `; ${one.hint}` : "") }));
    }
    if (list.children.length) box.append(list);
  }

  function facts(run) {
    const shown = [["Series", run.n_series.toLocaleString("en")], ["Targets", run.targets.join(", ")], ["Frequency", String(run.freq)], ["Lookback", `${run.lookback} steps`], ["Horizon", `${run.horizon} steps`], ["Learned until", run.learned_until]];
    $("facts").replaceChildren(...shown.map(([name, value]) => {
      const pair = element("div");
      pair.append(element("dt", { textContent: name }), element("dd", { textContent: value }));
      return pair;
    }));
    $("title").textContent = run.experiment;
    $("about").textContent = run.verdict[0] || "";
  }

  function chart(line) {
    const known = line.past.length, n = line.times.length, ahead = line.forecast.length;
    const gap = Array(known).fill(null), later = Array(ahead).fill(null);
    const model = [...gap, ...line.forecast], past = [...line.past, ...later];
    const widest = [...line.bands].reverse();
    const series = [], bands = [], legend = [{ name: "actual", colour: "actual" }, { name: "forecast", colour: "model" }];
    const colour = (nth) => "band" + Math.min(3, nth + 1 + Math.max(0, 2 - widest.length));
    // The widest band first, so that the narrower ones lie on top of it.
    widest.forEach((band, nth) => {
      series.push({ name: `${band.level} % low`, values: [...gap, ...band.low], colour: "band1", hidden: true }, { name: `${band.level} % high`, values: [...gap, ...band.high], colour: "band1", hidden: true });
      bands.push({ low: 2 * nth + 1, high: 2 * nth + 2, colour: colour(nth) });
      legend.push({ name: `${band.level} % interval`, layers: Array.from({ length: nth + 1 }, (_, i) => colour(i)), area: true });
    });
    series.push({ name: "actual", values: past, colour: "actual", width: 1.3 }, { name: "forecast", values: model, colour: "model", width: 2 });
    legend.push({ name: "cutoff", colour: "soft", dash: "dotted" });
    const range = (band, i) => (band.low[i] === null ? "" : `, ${band.level} %: ${digits(band.low[i])} to ${digits(band.high[i])}`);
    const name = line.series || line.target;
    $("caption").textContent = `${name}: forecast of ${line.target}`;
    draw("forecast", {
      x: line.times, time: page.run.time_is_clock, zone: "Etc/UTC", series, bands, legend, unit: line.target, xLabel: page.run.time, height: 300, zoomable: true,
      cutoffs: known ? [line.times[known - 1]] : [],
      say: (i) => `${line.labels[i]}: ` + (i < known ? `actual ${digits(past[i])}` : `forecast ${digits(model[i])}${line.bands.map((b) => range(b, i - known)).join("")}`),
      alt: `${name}: forecast of ${line.target}, ${line.labels[known]} to ${line.labels[n - 1]}, after ${known} known steps. Arrow keys read values.`,
      table: () => ({
        header: [page.run.time, "forecast", ...line.bands.flatMap((b) => [`${b.level} % lower`, `${b.level} % upper`])],
        rows: line.forecast.map((value, i) => [line.labels[known + i], value, ...line.bands.flatMap((b) => [b.low[i], b.high[i]])]),
      }),
    });
  }

  function show() {
    const target = $("target").value;
    const line = page.lines.find((one) => one.target === target && (one.series === $("series").value || !one.series)) || page.lines.find((one) => one.target === target);
    if (line) chart(line);
  }

  function query(more = {}) {
    const found = new URLSearchParams({ run: page.run.name, ...more });
    const steps = $("horizon").value;
    if (steps && +steps !== page.run.horizon) found.set("horizon", steps);
    return found;
  }

  /* The newest question has the last word, however late the answers before it come. */
  async function forecast() {
    const asked = ++page.asked;
    document.documentElement.removeAttribute("data-ready");
    say("Forecasting …");
    fault(null);
    try {
      const lines = page.file ? await ofFile() : await ofSeries();
      if (asked !== page.asked) return;
      page.lines = lines;
      if (page.file) fill($("series"), [...new Set(lines.map((line) => line.series))]);
      $("choosing").hidden = !lines.some((line) => line.series);
      show();
      say("");
    } catch (problem) {
      if (asked !== page.asked) return;
      say("");
      fault(problem);
    }
    document.documentElement.dataset.ready = "yes";
  }

  async function ofSeries() {
    const name = $("series").value;
    const answer = await ask(`v1/chart?${query(name ? { series: name } : {})}`, { method: "POST" });
    return (await answer.json()).lines;
  }

  async function ofFile() {
    const ending = page.file.name.split(".").pop().toLowerCase();
    const form = FORMS[ending] || "text/csv";
    const body = await page.file.arrayBuffer();
    const headers = { "content-type": form };
    const answer = await ask(`v1/forecast?${query()}`, { method: "POST", body, headers: { ...headers, accept: "text/csv" } });
    const notes = answer.headers.get("forecaster-notes");
    $("notes").replaceChildren(...(notes ? JSON.parse(notes) : []).map((text) => element("li", { textContent: text })));
    const link = $("download");
    if (link.href) URL.revokeObjectURL(link.href);
    link.href = URL.createObjectURL(new Blob([await answer.arrayBuffer()], { type: "text/csv" }));
    link.download = `forecast-${page.file.name.replace(/\.[^.]*$/, "")}.csv`;
    link.hidden = false;
    const drawn = await ask(`v1/chart?${query()}`, { method: "POST", body, headers });
    return (await drawn.json()).lines;
  }

  async function choose(name) {
    page.run = await (await ask(`v1/runs/${encodeURIComponent(name)}`)).json();
    page.run.time_is_clock = typeof page.run.freq === "string";
    facts(page.run);
    fill($("target"), page.run.targets);
    $("aiming").hidden = page.run.targets.length < 2;
    $("horizon").value = page.run.horizon;
    $("horizon").max = page.run.longer_horizon ? 1000000 : page.run.horizon;
    await leaveFile();
  }

  async function listSeries() {
    const wanted = $("find").value;
    const found = wanted ? await (await ask(`v1/runs/${encodeURIComponent(page.run.name)}?find=${encodeURIComponent(wanted)}`)).json() : page.run;
    const before = $("series").value;
    fill($("series"), found.ids);
    if (found.ids.includes(before)) $("series").value = before;
    const some = page.run.n_series > 1 || page.run.ids.length > 0;
    $("choosing").hidden = !some;
    $("finding").hidden = page.run.n_series < 10;
    if (found.ids.length >= MOST_LISTED) say(`The first ${MOST_LISTED} of ${page.run.n_series.toLocaleString("en")} series; find others by name.`);
    return $("series").value !== before || !before;
  }

  async function leaveFile() {
    page.file = null;
    $("file").value = "";
    $("find").value = "";
    $("download").hidden = $("back").hidden = true;
    $("notes").replaceChildren();
    await listSeries();
    await forecast();
  }

  async function takeFile(file) {
    if (!file) return;
    page.file = file;
    $("finding").hidden = true;
    $("download").hidden = true;
    $("back").hidden = false;
    await forecast();
  }

  async function start() {
    try {
      page.runs = (await (await ask("v1/runs")).json()).runs;
      $("ask").hidden = true;
      $("body").hidden = false;
      fill($("run"), page.runs.map((run) => run.name));
      await choose(page.runs[0].name);
    } catch (problem) {
      if ($("body").hidden && !$("ask").hidden) document.documentElement.dataset.ready = "yes";
      else fault(problem);
    }
  }

  const drop = $("drop");
  const safely = (act) => (...given) => act(...given).catch(fault);
  $("ask").addEventListener("submit", (event) => { event.preventDefault(); page.token = $("token").value.trim(); start(); });
  $("run").addEventListener("change", safely(() => choose($("run").value)));
  $("series").addEventListener("change", () => (page.file ? show() : forecast()));
  $("find").addEventListener("input", safely(async () => (await listSeries()) && $("series").value && forecast()));
  $("target").addEventListener("change", show);
  $("horizon").addEventListener("change", () => forecast());
  $("file").addEventListener("change", safely(() => takeFile($("file").files[0])));
  $("back").addEventListener("click", safely(leaveFile));
  drop.addEventListener("dragover", (event) => { event.preventDefault(); drop.classList.add("over"); });
  drop.addEventListener("dragleave", () => drop.classList.remove("over"));
  drop.addEventListener("drop", safely(async (event) => { event.preventDefault(); drop.classList.remove("over"); await takeFile(event.dataTransfer.files[0]); }));
  start();
})();
