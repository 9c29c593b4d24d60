// Scene 3: what n rows show of the variances, the outlier that leaves the bulk, and its direction.

import { latest } from "./api.js";
import { Chart, LOOKS } from "./chart.js";
import { button } from "./controls.js";
import { $, failed, say, svg, whenSeen } from "./dom.js";
import { model, modelKeys } from "./model.js";
import { on, set, state } from "./state.js";
import { plain, spectrum as sentence, unit } from "./words.js";

const question = () => ["spectrum", { ...model(), n: state().n }];
const heat = () => ["coupling", { ...model(), n: state().n, size: 64 }];

export function spectrum() {
  const chart = new Chart($("#spectrum-charts"), { title: "Variances: true and seen", question,
    height: 300, ends: "bars: true variances; area: sample variances; dots: factors that stand out",
    label: "Density of the sample variances over the true variances" });
  const overlap = $("#overlap");
  const ask = whenSeen($("#spectrum"), async () => {
    try {
      const answer = await latest("spectrum", ...question());
      if (!answer) return;
      for (const one of answer.outliers) if (one.separated === false) one.position = null;
      chart.draw((width) => panel(answer, width), answer, [
        { fill: "var(--bulk)", text: "seen in n rows" }, { fill: "var(--bar)", text: "true" },
        ...answer.outliers.some((one) => one.position !== null)
          ? [{ dot: "full", colour: "var(--learned)", text: "factor, as seen" }] : []]);
      const s = state();
      const first = answer.outliers[0];
      const onset = s.population === "spiked" && !s.further ? s.d / s.strength ** 2 : NaN;
      const told = $("#spectrum-sentence");
      told.classList.remove("refused");
      say(told, sentence({ n: answer.n ?? s.n, outlier: first, onset, d: s.d }));
      overlap.replaceChildren(first ? arrow(first.overlap ?? 0) : "");
      say($("#overlap-sentence"), first ? `Overlap ${unit(first.overlap ?? 0)}: the share of the `
        + `sample direction that lies along the true direction.` : "No separate factor.");
    } catch (error) {
      failed($("#spectrum-sentence"), error);
    }
  });
  on([...modelKeys(), "n"], ask);
  coupling();
}

function panel(answer, width) {
  const { Plot } = window;
  const seen = answer.outliers.filter(({ position }) => position !== null);
  const truth = answer.population.map((one) => one.eigenvalue).filter((one) => one > 0);
  const log = Math.max(...truth) / Math.min(...truth) > 50;
  const shown = answer.density.x.filter((one) => !log || one > Math.min(...truth) / 30);
  const x = [...shown, ...truth, ...seen.map((one) => one.position)];
  const [low, high] = [Math.min(...x), Math.max(...x)];
  // On a logarithmic axis the height is the density per factor of e, so that areas are shares.
  const area = answer.density.x.map((one, i) => ({ x: one, y: (log ? one : 1) * answer.density.y[i] }))
    .filter((one) => Number.isFinite(one.y) && (!log || one.x >= low));
  // Near zero the density may rise without end: the highest point beyond fills the chart.
  const beyond = area.filter((one) => log || one.x > 0.03 * high);
  const top = Math.max(...beyond.map((one) => one.y), 1e-9) * 1.15;
  const many = answer.population.length > 40;
  const heaviest = Math.max(...answer.population.map((one) => one.weight));
  const bars = answer.population.map(({ eigenvalue, weight }) => ({ x: eigenvalue,
    y: top * (many ? 0.1 : 0.92 * Math.max(weight / heaviest, 0.14)) }));
  const pad = log ? 1.15 : 1.06;
  return { x: { type: log ? "log" : "linear", domain: [log ? low / pad : 0, high * pad],
    label: "variance along a direction (eigenvalue)", labelAnchor: "center", labelArrow: "none",
    ticks: width < 420 ? 4 : 8, tickFormat: log ? plain : undefined },
  y: { domain: [0, top], label: "how many directions", ticks: 0, labelArrow: "none" },
  clip: true, marginLeft: 30, marginTop: 26, marks: [
    Plot.areaY(area, { x: "x", y1: 0, y2: (one) => Math.min(one.y, top), fill: "var(--bulk)",
      fillOpacity: 0.75 }),
    Plot.lineY(area, { x: "x", y: (one) => Math.min(one.y, top), stroke: "var(--look-1)",
      strokeWidth: 1.4 }),
    Plot.ruleX(bars, { x: "x", y1: 0, y2: "y", stroke: "var(--bar)", strokeWidth:
      many ? 1 : 5 }),
    ...seen.map((one, i) => Plot.ruleX([one.position], { y1: 0, y2: top * 0.5, strokeWidth: 1.4,
      stroke: i ? LOOKS[i % 6].colour : "var(--learned)" })),
    Plot.dot(seen, { x: "position", y: top * 0.5, r: 4.5, fill: (one, i) =>
      (i ? LOOKS[i % 6].colour : "var(--learned)") }),
    Plot.text(seen.slice(0, 3), { x: "position", y: top * 0.5, dy: -13, text: (one) =>
      plain(one.position), fill: "var(--ink)" }),
    Plot.ruleY([0], { stroke: "var(--soft)" })] };
}

// The sample direction between the true direction and all other directions.
function arrow(overlap) {
  const angle = Math.acos(Math.sqrt(Math.min(Math.max(overlap, 0), 1)));
  const [x, y] = [24 + 120 * Math.cos(angle), 146 - 120 * Math.sin(angle)];
  const part = (name, attributes, ...children) => svg(name, attributes, ...children);
  const text = (at, words, more = {}) => part("text", { x: at[0], y: at[1], fill: "var(--ink)",
    "font-size": 12, ...more }, words);
  const line = (x2, y2, stroke, more) => part("line", { x1: 24, y1: 146, x2, y2, stroke, ...more });
  const head = [[0, 0], [-11, 4.6], [-11, -4.6]].map(([a, b]) =>
    [x + a * Math.cos(-angle) - b * Math.sin(-angle), y + a * Math.sin(-angle) + b * Math.cos(-angle)]);
  return part("svg", { viewBox: "0 0 260 178", role: "img",
    "aria-label": `The sample direction and the true direction: overlap ${unit(overlap)}` },
  line(160, 146, "var(--soft)", { "stroke-width": 1.2 }),
  line(24, 14, "var(--soft)", { "stroke-width": 1.2 }),
  part("path", { d: `M ${24 + 34} 146 A 34 34 0 0 0 ${24 + 34 * Math.cos(angle)} `
    + `${146 - 34 * Math.sin(angle)}`, fill: "none", stroke: "var(--soft)" }),
  line(x, 146, "var(--learned)", { x1: x, y1: y, "stroke-dasharray": "2 3" }),
  line(x, y, "var(--learned)", { "stroke-width": 2.6 }),
  part("polygon", { points: head.map((one) => one.join()).join(" "), fill: "var(--learned)" }),
  text([60, 166], "true direction"), text([30, 18], "all other directions"),
  text([Math.min(x + 10, 160), Math.min(Math.max(y + 2, 40), 130)], "sample direction", { fill: "var(--learned)" }));
}

// The coupling as a heat map, only when the reader asks for it.
function coupling() {
  const place = $("#coupling");
  let chart = null;
  const show = async () => {
    place.hidden = !state().coupling;
    if (place.hidden) return;
    chart ??= new Chart(place, { title: "Coupling: which sample directions see which true ones",
      question: heat, height: 340, ends: "strong colour: the sample direction has much of this true direction",
      label: "Coupling of sample eigenvalues and population eigenvalues" });
    try {
      const answer = await latest("coupling", ...heat());
      if (answer) chart.draw(() => heatmap(answer), answer);
    } catch (error) {
      failed($("#spectrum-sentence"), error);
    }
  };
  $("#spectrum-buttons").append(button({ label: "Show the coupling", shortcut: "o", pressed:
    (s) => s.coupling, act: () => set({ coupling: 1 - state().coupling }) }));
  const seen = whenSeen($("#spectrum"), show);
  on([...modelKeys(), "n", "coupling"], seen);
}

// Directions from the largest to the smallest variance: rows of the sample, columns of the truth.
function heatmap({ rows, columns, value }) {
  const { Plot } = window;
  const [high, wide] = [1 / rows.length, 1 / columns.length];
  const most = Math.max(...value.flat());
  const cells = value.flatMap((line, i) => line.map((one, j) => ({ x1: j * wide, x2: (j + 1) * wide,
    y1: i * high, y2: (i + 1) * high, share: Math.sqrt(Math.max(one, 0) / most) })));
  const axis = (label) => ({ domain: [0, 1], label, labelAnchor: "center", labelArrow: "none",
    ticks: [0.02, 0.98], tickFormat: (one) => (one < 0.5 ? "large variance" : "small") });
  return { marginLeft: 100, x: axis("true directions"), y: { ...axis("sample directions"), reverse: true }, marks: [
    Plot.rect(cells, { x1: "x1", x2: "x2", y1: "y1", y2: "y2", fill: "var(--look-1)",
      fillOpacity: "share", shapeRendering: "crispEdges" })] };
}
