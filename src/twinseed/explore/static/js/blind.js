// Scene 2: the three numbers over n, "you are here", and simulated twins that arrive one by one.

import { cancel, get, latest } from "./api.js";
import { Chart, LOOKS, STYLES, line } from "./chart.js";
import { $, failed, near, say, whenSeen } from "./dom.js";
import { model, modelKeys, rowsRange } from "./model.js";
import { simulation } from "./simulate.js";
import { on, set, state } from "./state.js";
import { blind as sentence, count, plain, unit } from "./words.js";

const REFERENCES = [0.5, 1.5, 3];
const SLOW = ["truncation", "shrinkage", "stopping"];
// Few points while a control moves, all points when it rests; slow filters have fewer.
const question = (rest = true) => {
  const [low, high] = rowsRange();
  const points = SLOW.includes(state().filter) ? (rest ? 20 : 6) : rest ? 60 : 10;
  return ["curves", { ...model(), points, low, high }];
};
const kept = new Map(); // the curves of the three reference strengths

export function blind() {
  const place = $("#blind-charts");
  const charts = {
    memorisation_share: new Chart(place, { title: "Copied: memorisation", question,
      ends: "share nearer to training; 0.5: no excess",
      label: "Share of samples closer to a training row than to new rows, over training rows" }),
    convergence: new Chart(place, { title: "Agree: convergence", question,
      ends: "0: unrelated models; 1: they agree",
      label: "Agreement of the two models over training rows" }),
    recovery: new Chart(place, { title: "Learned: recovery", question,
      ends: "0: factor not learned; 1: exactly",
      label: "Recovery of each factor over training rows" }),
  };
  let curves = null;
  let references = [];
  const points = simulation(() => curves && paint());

  for (const [name, chart] of Object.entries(charts)) {
    chart.handle({ label: `You are here: training rows, on the chart ${chart.title}`,
      at: () => ({ x: state().n, y: curves ? at(curves, name, state().n) : null }),
      move: (x) => set({ n: rounded(x) }),
      step: (dx, dy) => set({ n: stepped(state().n, dx + dy) }),
      bounds: () => rowsRange(),
      speak: () => `${count(state().n)} training rows, ${unit(at(curves, name, state().n))}` });
  }

  function paint() {
    const simulated = points();
    for (const [name, chart] of Object.entries(charts)) {
      chart.draw((width) => panel(name, curves, references, simulated, width), curves,
        name === "recovery" ? factorKeys(curves, references) : name === "convergence"
          ? [{ ...STYLES.agree, text: "your population" }, ...referenceKeys(references)]
          : [{ ...STYLES.copied, text: "your population" }]);
    }
    tell();
  }
  function tell() {
    if (!curves) return;
    const n = state().n;
    const told = $("#blind-sentence");
    told.classList.remove("refused");
    say(told, sentence({ n, convergence: at(curves, "convergence", n), recovery:
      { 1: at(curves, "recovery", n) }, hidden: below(curves, n), onset: onset(curves), single:
      Object.keys(curves.recovery).length === 1 }));
  }
  let timer = 0;
  const ask = whenSeen($("#blind"), () => answer(true));
  async function answer(rest) {
    clearTimeout(timer);
    try {
      const s = state();
      if (!rest) cancel("curves");
      const mine = await latest(rest ? "curves" : "sketch", ...question(rest));
      if (!mine) return;
      if (!rest) timer = setTimeout(ask, 250);
      curves = mine;
      if (s.population !== "spiked" || s.further) references = [];
      paint();
      if (!rest || s.population !== "spiked" || s.further) return;
      references = await beside(s);
      paint();
    } catch (error) {
      failed($("#blind-sentence"), error);
    }
  }
  on(modelKeys(), () => {
    clearTimeout(timer);
    if (curves && near($("#blind"))) answer(false);
    else ask();
  });
  on(["n"], () => {
    for (const chart of Object.values(charts)) {
      chart.place();
      chart.mark();
    }
    tell();
  });
}

// The same population with other strengths, for comparison; asked once for each filter and d.
async function beside(s) {
  const all = await Promise.all(REFERENCES.map(async (strength) => {
    const asked = { ...question()[1], strengths: strength };
    const key = JSON.stringify(asked);
    if (!kept.has(key)) kept.set(key, get("curves", asked).catch(() => null));
    return { strength, curves: await kept.get(key) };
  }));
  return all.filter(({ curves }) => curves);
}

const column = (curves, name, factor = "1") =>
  (name === "recovery" ? curves.recovery[factor] : curves[name]) ?? [];

// The value of a curve at n, between the computed points along log n.
export function at(curves, name, n, factor = "1") {
  const values = column(curves, name, factor);
  const i = curves.n.findIndex((one) => one >= n);
  if (!values.length) return null;
  if (i <= 0) return i === 0 ? values[0] : values.at(-1);
  const share = Math.log(n / curves.n[i - 1]) / Math.log(curves.n[i] / curves.n[i - 1]);
  return values[i - 1] + share * (values[i] - values[i - 1]);
}

export function onset(curves, factor = "1") {
  if (curves.onset) return curves.onset[factor] ?? NaN;
  const s = state();
  return s.population === "spiked" && !s.further ? s.d / s.strength ** 2 : NaN;
}
export const rounded = (x) => Math.max(Math.round(Number(x.toPrecision(3))), 1);
export const stepped = (n, by) => {
  const [low, high] = rowsRange();
  const next = rounded(n * 10 ** (by / 32));
  return Math.min(Math.max(next === n ? n + Math.sign(by) : next, low), high);
};

const rows = (curves, name, factor) => column(curves, name, factor).flatMap((y, i) =>
  (y === null ? [] : [{ n: curves.n[i], y }]));

// Below the floor a number cannot be told from chance: these points are drawn thin and dotted.
const floor = "below the floor";
function parted(curves, factor) {
  const words = curves.status?.[`recovery_${factor}`] ?? [];
  const all = curves.n.map((n, i) => ({ n, y: column(curves, "recovery", factor)[i],
    under: words[i] === floor })).filter(({ y }) => y !== null);
  const first = all.findIndex(({ under }) => !under);
  if (first < 0) return [[], all];
  return [all.slice(first), all.slice(0, first + 1)];
}

function below(curves, n) {
  const words = curves.status?.recovery_1;
  const i = curves.n.findIndex((one) => one >= n);
  return Boolean(words) && words[i < 0 ? words.length - 1 : i] === floor;
}

function panel(name, curves, references, simulated, width) {
  const { Plot } = window;
  const marks = [Plot.gridY({ stroke: "var(--grid)", strokeOpacity: 1 })];
  if (name === "memorisation_share") {
    marks.push(Plot.ruleY([0.5], { stroke: "var(--soft)", strokeDasharray: "1.5 3" }));
  } else {
    references.forEach(({ curves: one }, i) => {
      const look = { colour: LOOKS[i + 1].colour, dashes: LOOKS[i + 1].dashes };
      const shown = name === "recovery" ? parted(one, "1")[0] : rows(one, name);
      marks.push(line(shown, "n", "y", look, { strokeWidth: 1.2, strokeOpacity: 0.8 }));
    });
  }
  const factors = name === "recovery" ? Object.keys(curves.recovery) : ["1"];
  factors.slice(0, 6).forEach((factor, i) => {
    const look = name === "recovery" ? (i ? LOOKS[i] : STYLES.learned)
      : name === "convergence" ? STYLES.agree : STYLES.copied;
    const seen = name === "recovery" ? parted(curves, factor) : [rows(curves, name, factor), []];
    marks.push(line(seen[0], "n", "y", look, { strokeWidth: 2.2 }),
      line(seen[1], "n", "y", look, { strokeWidth: 1.2, strokeDasharray: "1.5 3" }));
    if (name === "recovery" && i === 0 && Number.isFinite(onset(curves))) {
      marks.push(Plot.ruleX([onset(curves)], { stroke: look.colour, strokeDasharray: "1.5 3" }));
    }
    const dots = simulated.map((one) => ({ n: one.n, value: name === "recovery"
      ? one.recovery?.[factor] : one[name] })).filter(({ value }) => value && value[0] !== null)
      .map(({ n, value: [y, se] }) => ({ n, y, low: y - 1.96 * (se ?? 0), high: y + 1.96 * (se ?? 0) }));
    marks.push(Plot.ruleX(dots, { x: "n", y1: "low", y2: "high", stroke: look.colour }),
      Plot.dot(dots, { x: "n", y: "y", r: 3.6, fill: "var(--card)", stroke: look.colour,
        strokeWidth: 1.5 }));
  });
  const low = name === "memorisation_share" ? 0.45 : 0;
  return { marginRight: 24, x: { type: "log", domain: rowsRange(), label: "training rows of each model, n",
    labelAnchor: "center", labelArrow: "none", ticks: width < 420 ? 3 : 4, tickFormat: count },
  y: { domain: [low, 1], label: null, ticks: 5 }, marks };
}

const referenceKeys = (references) => references.map(({ strength }, i) => ({ ...LOOKS[i + 1],
  text: `strength ${plain(strength)}` }));
function factorKeys(curves, references) {
  const names = Object.keys(curves.recovery).slice(0, 6);
  return [...names.map((name, i) => ({ ...(i ? LOOKS[i] : STYLES.learned),
    text: names.length > 1 ? `factor ${name}` : "your factor" })), ...referenceKeys(references)];
}
