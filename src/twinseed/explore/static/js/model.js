// The population, the filter and the dimension: their controls, and the parameters of a question.

import { menu, slider, text } from "./controls.js";
import { $, h } from "./dom.js";
import { DEFAULTS, declare, on, set, state } from "./state.js";
import { count, plain } from "./words.js";

let choices = { populations: [], filters: [], data: [] };
export const known = () => choices;

export function announce(answer) {
  choices = answer;
  if (choices.data.length) DEFAULTS.data = choices.data[0].name; // the reader's own file comes first
  for (const { parameters } of choices.filters) {
    for (const { name, default: standard } of parameters) declare(name, Number(standard));
  }
}

export const strengths = (s) => [s.strength, ...s.further.split(",").map(Number)]
  .filter((value) => Number.isFinite(value) && value > 0);

// A population that is estimated from rows has the dimension of these rows.
export const measured = (s = state()) => ["pilot", "data"].includes(s.population);

// The parameters of the chosen filter alone.
export function filterOf(s = state()) {
  const found = choices.filters.find(({ name }) => name === s.filter);
  const own = (found?.parameters ?? []).map(({ name }) => [name, s[name]]);
  return { filter: s.filter, ...Object.fromEntries(own) };
}

export function model(s = state()) {
  const population = {
    spiked: () => ({ strengths: strengths(s).join(",") }),
    power: () => ({ exponent: s.exponent }),
    levels: () => ({ levels: s.levels, shares: s.shares }),
    pilot: () => ({ upload: s.pilot }),
    data: () => ({ data: s.data }),
  }[s.population]?.() ?? {};
  const size = measured(s) ? {} : { d: s.d };
  return { population: s.population, ...population, ...filterOf(s), ...size };
}

export const filterKeys = () => ["filter", ...choices.filters.flatMap(({ parameters }) =>
  parameters.map(({ name }) => name))];
export const modelKeys = () => ["population", "strength", "further", "exponent", "levels", "shares",
  "d", "pilot", "data", ...filterKeys()];

const rowsTop = (s) => Math.max(1e4, 20 * s.d);
export const rowsRange = (s = state()) => [10, rowsTop(s)];

export const CONTROLS = {
  n: () => slider({ key: "n", label: "Training images of each model", low: 10, high: rowsTop,
    whole: true, shortcut: "n", speak: (n) => `${count(n)} training rows`, watch: ["d"] }),
  strength: (letter) => slider({ key: "strength", label: "Strength of the factor", low: 0.1, high: 10,
    shortcut: letter, speak: (value) => `strength ${plain(value)}` }),
  d: () => slider({ key: "d", label: "Dimensions (columns)", low: 20, high: 1e4,
    whole: true, shortcut: "d", speak: (d) => `${count(d)} dimensions` }),
  exponent: () => slider({ key: "exponent", label: "How fast the variances fall (exponent)", low: 0.2,
    high: 3, log: false, speak: (value) => `exponent ${plain(value)}` }),
  ridge: () => slider({ key: "ridge", label: "Ridge added to every variance", low: 0.001, high: 10,
    zero: true, shortcut: "r", speak: (value) => `ridge ${plain(value)}` }),
  further: () => text({ key: "further", label: "Further factors (strengths)",
    note: "Numbers with commas, such as 0.5, 0.2" }),
  levels: () => text({ key: "levels", label: "Variances of the levels", note: "Such as 4, 1" }),
  shares: () => text({ key: "shares", label: "Share of directions on each level",
    note: "The shares add up to 1" }),
};

// The whole panel of the population, in which only what applies is shown.
export function panel(place) {
  const part = (when, ...parts) => {
    const box = h("div", { class: "part" }, ...parts);
    const show = () => (box.hidden = !when(state()));
    on(["population", "filter", "pilot"], show);
    show();
    return box;
  };
  const filters = choices.filters.map(({ name, parameters }) => part((s) => s.filter === name,
    ...parameters.map((one) => (one.name === "ridge" ? CONTROLS.ridge() : slider({ key: one.name,
      label: one.label, low: one.low, high: one.high, log: one.scale === "log",
      whole: one.name === "rank",
      speak: (value) => `${one.label} ${plain(value)}` })))));
  const populations = () => choices.populations.filter(({ name }) =>
    name !== "pilot" || state().pilot);
  const population = menu({ key: "population", label: "Kind of data (population)", shortcut: "p",
    options: populations(), change: (value) => set({ population: value }) });
  on(["pilot"], () => population.fill(populations()));
  place.append(population,
    part((s) => s.population === "spiked", CONTROLS.strength("t"), CONTROLS.further()),
    part((s) => s.population === "power", CONTROLS.exponent()),
    part((s) => s.population === "levels", CONTROLS.levels(), CONTROLS.shares()),
    menu({ key: "filter", label: "Kind of model (filter)", shortcut: "f", options: choices.filters }),
    ...filters,
    part((s) => !measured(s), CONTROLS.d()));
}

// Fill the places of the page that name one control.
export function fill(root = document) {
  for (const place of root.querySelectorAll("[data-control]")) {
    place.append(CONTROLS[place.dataset.control]());
    if (place.dataset.control === "strength") {
      const show = () => (place.hidden = state().population !== "spiked");
      on(["population"], show);
      show();
    }
  }
  panel($("#population"));
}
