// Scene 4: the plane of rows per dimension and strength, with the three borders and the same dot.

import { latest } from "./api.js";
import { Chart, STYLES } from "./chart.js";
import { $, failed, say, whenSeen } from "./dom.js";
import { rounded } from "./blind.js";
import { three } from "./controls.js";
import { filterKeys, filterOf } from "./model.js";
import { on, set, state } from "./state.js";
import { capital, map as sentence, plain } from "./words.js";

const WORDS = ["neither copies nor agrees", "copies", "agrees, has not learned the factor",
  "copies and agrees", "has learned the factor", "copies, has learned the factor",
  "agrees and has learned the factor", "copies, agrees, has learned"];
// The borders are known for models without a filter and with a ridge.
const question = () => ["map", { ...(state().filter === "ridge" ? filterOf() : { filter: "none" }),
  d: Math.max(state().d, 100) }];

export function map() {
  const chart = new Chart($("#map-charts"), { title: "Where models copy, agree and learn", question,
    height: 430, ends: "lines: theory; the dot is your population and your n",
    label: "Plane of training rows per dimension and strength of the factor, with three borders" });
  let answer = null;
  const here = () => ({ x: state().n / state().d, y: state().strength, now: state().n / state().d });
  const clamp = (value, [low, high]) => Math.min(Math.max(value, low), high);
  chart.handle({ label: "You are here: rows per dimension (left, right) and strength (up, down)",
    line: false, at: () => {
      if (!answer) return { x: 1, y: null };
      const { x, y, now } = here();
      return { x: clamp(x, ends(answer.load)), y: clamp(y, ends(answer.strength)), now };
    },
    move: (x, y) => set({ n: rounded(x * state().d), strength: three(y), population: "spiked",
      further: "" }),
    step: (dx, dy) => set({ population: "spiked", further: "",
      n: rounded(state().n * 10 ** (dx / 24) + (Math.abs(dx) > 0 ? Math.sign(dx) * 0.5 : 0)),
      strength: three(clamp(state().strength * 10 ** (dy / 24), ends(answer.strength))) }),
    bounds: () => ends(answer.load),
    speak: () => `${plain(here().x)} rows per dimension, strength ${plain(here().y)}` });
  const tell = () => {
    if (!answer) return;
    const { x, y } = here();
    const bits = region(answer, x, y);
    const told = $("#map-sentence");
    told.classList.remove("refused");
    say(told, sentence({ load: x, strength: y, word: answer.regions?.[bits] ?? WORDS[bits],
      copies: bits & 1, agrees: bits & 2, learned: bits & 4,
      other: state().population !== "spiked" || state().further !== "" }));
  };
  const ask = whenSeen($("#map"), async () => {
    try {
      const got = await latest("map", ...question());
      if (!got) return;
      answer = got;
      chart.draw((width) => plane(answer, width), answer, keys(answer));
      tell();
    } catch (error) {
      failed($("#map-sentence"), error);
    }
  });
  on([...filterKeys(), "d"], ask);
  on(["n", "strength", "population", "further", "d"], () => {
    chart.place();
    tell();
  });
}

const ends = (list) => [Math.min(...list), Math.max(...list)];

function keys({ thresholds }) {
  const { memorise = 2, converge = 0.5 } = thresholds ?? {};
  return [{ ...STYLES.copied, text: `left: copies (memorisation ratio above ${memorise})` },
    { ...STYLES.agree, text: `right: agrees (convergence above ${converge})` },
    { ...STYLES.learned, text: "above: the factor is learned" }];
}

// Where a border lies: its load at a strength, or its strength at a load.
function along(border, from, to, value) {
  const points = border.filter((one) => one[0] !== null && one[1] !== null)
    .sort((a, b) => a[from] - b[from]);
  if (!points.length) return null;
  if (value <= points[0][from]) return points[0][to];
  const i = points.findIndex((one) => one[from] >= value);
  if (i < 0) return points.at(-1)[to];
  const [a, b] = [points[i - 1], points[i]];
  const share = Math.log(value / a[from]) / Math.log(b[from] / a[from] || 1) || 0;
  return a[to] * (b[to] / a[to]) ** share;
}

function region({ borders }, load, strength) {
  const copies = along(borders.memorise, 1, 0, strength);
  const agrees = along(borders.converge, 1, 0, strength);
  const learns = along(borders.recover, 0, 1, load);
  return (copies !== null && load < copies ? 1 : 0) + (agrees !== null && load > agrees ? 2 : 0)
    + (learns !== null && strength > learns ? 4 : 0);
}

// The regions as rectangles: strips of strength, cut where a border crosses.
function strips(answer) {
  const [[a, b], [low, high]] = [ends(answer.load), ends(answer.strength)];
  const count = 120;
  const found = [];
  const spots = {};
  for (let i = 0; i < count; i += 1) {
    const [y1, y2] = [i, i + 1].map((k) => low * (high / low) ** (k / count));
    const y = Math.sqrt(y1 * y2);
    const cuts = [along(answer.borders.memorise, 1, 0, y), along(answer.borders.converge, 1, 0, y),
      along([...answer.borders.recover], 1, 0, y)];
    const edges = [a, ...cuts.filter((x) => x !== null && x > a && x < b), b].sort((p, q) => p - q);
    for (let k = 0; k + 1 < edges.length; k += 1) {
      const [x1, x2] = [edges[k], edges[k + 1]];
      if (x2 / x1 < 1.0001) continue;
      const bits = region(answer, Math.sqrt(x1 * x2), y);
      found.push({ x1, x2, y1, y2, bits });
      const wide = Math.log(x2 / x1);
      (spots[bits] ??= []).push({ x: Math.sqrt(x1 * x2), y, wide });
    }
  }
  return { found, spots };
}

function plane(answer, width) {
  const { Plot } = window;
  const { found, spots } = strips(answer);
  const total = Math.log(ends(answer.load)[1] / ends(answer.load)[0]);
  const labels = Object.entries(spots).flatMap(([bits, strip]) => {
    // in the middle of the strips that are nearly as wide as the widest
    const widest = Math.max(...strip.map((one) => one.wide));
    const good = strip.filter((one) => one.wide > 0.6 * widest);
    const spot = good[Math.floor(good.length / 2)];
    const letters = (widest / total) * (width - 70) / 7;
    return letters < 9 || strip.length < 6 ? [] : [{ ...spot, bits: Number(bits), letters }];
  });
  return { height: width < 480 ? 380 : 430, marginLeft: 52,
    x: { type: "log", domain: ends(answer.load), label: "training rows per dimension, n/d",
      labelAnchor: "center", labelArrow: "none", tickFormat: plain, ticks: width < 480 ? 3 : 6 },
    y: { type: "log", domain: ends(answer.strength), label: "strength of the factor",
      labelAnchor: "center", labelArrow: "none", tickFormat: plain, ticks: 6 },
    marks: [
      Plot.rect(found, { x1: "x1", x2: "x2", y1: "y1", y2: "y2", inset: -0.3, insetLeft: -0.3,
        fill: (one) => `var(--region-${one.bits})` }),
      ...[["memorise", STYLES.copied], ["converge", STYLES.agree], ["recover", STYLES.learned]].map(
        ([name, { colour, dashes }]) => Plot.line(answer.borders[name], { x: (p) => p[0],
          y: (p) => p[1], stroke: colour, strokeWidth: 2.2, strokeDasharray: dashes || undefined,
          clip: true })),
      Plot.text(labels, { x: "x", y: "y", fill: "var(--ink)",
        text: (one) => wrapped(capital(WORDS[one.bits]), one.letters), fontWeight: (one) =>
          (one.bits === 2 ? 700 : 400), fontSize: 12.5 })] };
}

function wrapped(text, letters) {
  const lines = [""];
  for (const word of text.split(" ")) {
    if (lines.at(-1) && lines.at(-1).length + word.length + 1 > letters) lines.push("");
    lines[lines.length - 1] += (lines.at(-1) ? " " : "") + word;
  }
  return lines.join("\n");
}
