// Scene 5: the path of the ridge in the plane of agreement and distance to the truth.

import { latest } from "./api.js";
import { Chart, LOOKS } from "./chart.js";
import { $, failed, say, whenSeen } from "./dom.js";
import { model, modelKeys } from "./model.js";
import { three } from "./controls.js";
import { on, set, state } from "./state.js";
import { plain, regularise as sentence, unit } from "./words.js";

const question = () => {
  const { filter, ridge, ...rest } = model();
  return ["regularise", { ...rest, n: state().n }];
};

export function regularise() {
  const chart = new Chart($("#regularise-charts"), { title: "More agreement, and then a worse model",
    question, height: 380, ends: "to the right: more agreement; down: closer to the truth",
    label: "Path of the ridge in the plane of agreement and distance to the truth" });
  let answer = null;
  const here = () => between(answer.path, state().ridge);
  chart.handle({ label: "You are here: ridge", line: false,
    at: () => (answer ? { x: here().convergence, y: here().distance, now: state().ridge }
      : { x: 1, y: null }),
    move: (x, y) => set({ ridge: nearest(chart, answer.path, x, y) }),
    step: (dx, dy) => set({ ridge: stepped(state().ridge, dx || dy) }),
    bounds: () => [0, answer.path.at(-1).ridge],
    speak: () => `ridge ${plain(state().ridge)}, agreement ${unit(here().convergence)}, distance `
      + plain(here().distance) });
  const tell = () => {
    if (!answer) return;
    const told = $("#regularise-sentence");
    told.classList.remove("refused");
    say(told, sentence({ ridge: state().ridge, best: answer.path[answer.best], here: here(),
      none: answer.path[0], beyond: answer.worse_beyond }));
  };
  const ask = whenSeen($("#regularise"), async () => {
    try {
      const got = await latest("regularise", ...question());
      if (!got) return;
      answer = got;
      answer.path = answer.path.filter((one) => one.convergence !== null && one.distance !== null);
      answer.best = answer.path.indexOf(answer.path.reduce((a, b) =>
        (b.distance < a.distance ? b : a)));
      chart.draw((width) => panel(answer, width), answer, [
        { ...LOOKS[0], text: "a larger ridge helps" },
        { colour: "var(--copied)", dashes: "8 2.6", text: "a larger ridge makes the model worse" },
        { dot: "full", colour: "var(--look-2)", text: "diamond: the best ridge" },
        { dot: "hollow", colour: "var(--look-3)", text: "other kinds of model" }]);
      tell();
    } catch (error) {
      failed($("#regularise-sentence"), error);
    }
  });
  on([...modelKeys().filter((name) => !["filter", "ridge"].includes(name)), "n"], ask);
  on(["ridge"], () => {
    chart.place();
    tell();
  });
}

// The point of the path at a ridge, between the computed points.
function between(path, ridge) {
  const i = path.findIndex((one) => one.ridge >= ridge);
  if (i <= 0) return i === 0 ? path[0] : path.at(-1);
  const [a, b] = [path[i - 1], path[i]];
  const share = a.ridge > 0 ? Math.log(ridge / a.ridge) / Math.log(b.ridge / a.ridge)
    : ridge / b.ridge;
  return { ridge, convergence: a.convergence + share * (b.convergence - a.convergence),
    distance: a.distance + share * (b.distance - a.distance) };
}

function nearest(chart, path, x, y) {
  const [sx, sy] = [chart.drawn.scale("x"), chart.drawn.scale("y")];
  const far = (one) => Math.hypot(sx.apply(one.convergence) - sx.apply(x),
    sy.apply(one.distance) - sy.apply(y));
  return three(path.reduce((a, b) => (far(b) < far(a) ? b : a)).ridge);
}

const stepped = (ridge, by) => {
  if (ridge <= 0) return by > 0 ? 0.001 : 0;
  const next = three(ridge * 10 ** (by / 24));
  return next < 0.001 ? 0 : Math.min(next, 10);
};

function panel({ path, best, filters }, width) {
  const { Plot } = window;
  const none = path[0];
  const shownToo = filters.filter((one) => one.convergence !== null && one.distance !== null);
  const y = [...path, ...shownToo].map((one) => one.distance);
  const [low, high] = [Math.min(...y), Math.max(...y)];
  const shown = { top: Math.min(high, Math.max(none.distance * 2, low * 3)) };
  const others = shownToo.filter((one) => one.distance <= shown.top * 1.04);
  const x = [...path, ...others].map((one) => one.convergence);
  const middle = (Math.min(...x) + Math.max(...x)) / 2;
  const left = others.filter((one) => one.convergence < middle);
  const right = others.filter((one) => one.convergence >= middle);
  const pad = 0.04 * (Math.max(...x) - Math.min(...x) || 1);
  const bottom = Math.max(low - 0.08 * (shown.top - low), -0.03 * shown.top);
  return { height: width < 480 ? 340 : 380, marginLeft: 56, marginRight: 20,
    x: { domain: [Math.min(...x) - pad, Math.min(Math.max(...x) + pad, 1.005)], label:
      "agreement of the two models (convergence q)", labelAnchor: "center", labelArrow: "none",
    ticks: width < 480 ? 4 : 8 },
    y: { domain: [bottom, shown.top * 1.04], label: "distance to the truth, per dimension",
      labelAnchor: "center", labelArrow: "none", ticks: 6 },
    marks: [
      Plot.gridY({ stroke: "var(--grid)", strokeOpacity: 1 }),
      Plot.ruleY([none.distance], { stroke: "var(--soft)", strokeDasharray: "1.5 3" }),
      Plot.text([none], { x: "convergence", y: "distance", text: () => "no ridge", dx: 8, dy: -9,
        textAnchor: "start", fill: "var(--ink)" }),
      Plot.line(path.slice(0, best + 1), { x: "convergence", y: "distance", stroke: "var(--look-1)",
        curve: "catmull-rom", strokeWidth: 2.4, clip: true }),
      Plot.line(path.slice(best), { x: "convergence", y: "distance", stroke: "var(--copied)",
        curve: "catmull-rom", strokeWidth: 2.4, strokeDasharray: "8 2.6", clip: true }),
      Plot.dot([none], { x: "convergence", y: "distance", r: 4, fill: "var(--look-1)" }),
      Plot.dot([path[best]], { x: "convergence", y: "distance", symbol: "diamond", r: 7,
        fill: "var(--look-2)" }),
      Plot.dot(others, { x: "convergence", y: "distance", r: 5, fill: "var(--card)",
        stroke: "var(--look-3)", strokeWidth: 2, clip: true }),
      ...[[left, 9, "start"], [right, -9, "end"]].map(([some, dx, textAnchor]) => Plot.text(some,
        { x: "convergence", y: "distance", text: (one) => one.label ?? one.name, dx, textAnchor,
          fill: "var(--ink)" }))] };
}
