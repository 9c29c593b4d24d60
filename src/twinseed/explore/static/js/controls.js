// Controls that are bound to one value of the state: slider with number field, menu, text, button.

import { fresh, h } from "./dom.js";
import { on, set, state } from "./state.js";

const shortcuts = new Map();

// Register a key; the control's label shows the key.
export function shortcut(key, name, act) {
  if (key && !shortcuts.has(key)) shortcuts.set(key, { name, act });
}

export const allShortcuts = () => [...shortcuts].map(([key, { name }]) => ({ key, name }));

document.addEventListener("keydown", (event) => {
  const typing = event.target.closest?.("input:not([type=range]), select, textarea, dialog[open]");
  if (event.ctrlKey || event.metaKey || event.altKey || typing || !state().keys) return;
  const found = shortcuts.get(event.key);
  if (found) {
    event.preventDefault();
    found.act(event);
  }
});

const hint = (key) => (key ? h("kbd", { "aria-hidden": "true" }, key) : null);

function focusing(element) {
  return () => {
    element.focus({ preventScroll: true });
    element.closest(".dock") ?? element.scrollIntoView({ block: "center", behavior: "auto" });
  };
}

export function three(value, whole) {
  const rounded = Number(value.toPrecision(3));
  return whole ? Math.max(Math.round(rounded), 1) : rounded;
}

// A slider and a number field for one number. `low` and `high` may be functions of the state.
export function slider({ key, label, low, high, log = true, whole = false, shortcut: letter,
  speak = String, zero = false, watch = [], note = "" }) {
  const [id, steps] = [fresh(key), 96];
  const ends = () => [low, high].map((end) => (typeof end === "function" ? end(state()) : end));
  const toValue = (place) => {
    const [a, b] = ends();
    if (zero && place === 0) return 0;
    const share = zero ? (place - 1) / (steps - 1) : place / steps;
    return three(log ? a * (b / a) ** share : a + (b - a) * share, whole);
  };
  const toPlace = (value) => {
    const [a, b] = ends();
    if (zero && value <= 0) return 0;
    const share = log ? Math.log(value / a) / Math.log(b / a) : (value - a) / (b - a);
    const within = Math.min(Math.max(share, 0), 1);
    return Math.round(zero ? 1 + within * (steps - 1) : within * steps);
  };
  const range = h("input", { type: "range", id, min: 0, max: steps, step: 1, "data-key": key,
    "aria-keyshortcuts": letter });
  const field = h("input", { type: "number", class: "number", step: "any", inputmode: "decimal",
    "aria-label": `${label}, as a number`, "data-number": key });
  let own = false;
  const show = () => {
    const value = state()[key];
    if (!own) range.value = toPlace(value);
    if (document.activeElement !== field) field.value = value;
    range.setAttribute("aria-valuetext", speak(value));
  };
  range.addEventListener("input", () => {
    own = true;
    set({ [key]: toValue(Number(range.value)) });
    own = false;
    show.place = range.value;
    field.value = state()[key];
  });
  field.addEventListener("input", () => field.value !== "" && set({ [key]: Number(field.value) }));
  field.addEventListener("blur", show);
  on([key, ...watch], show);
  show();
  shortcut(letter, label, focusing(range));
  return h("div", { class: "control" },
    h("label", { for: id }, label, hint(letter)),
    h("div", { class: "pair" }, range, field),
    note ? h("p", { class: "note" }, note) : null);
}

export function menu({ key, label, options, shortcut: letter, change = null }) {
  const id = fresh(key);
  const select = h("select", { id, "data-key": key, "aria-keyshortcuts": letter });
  const fill = (items) => {
    select.replaceChildren(...items.map(({ name, label: text }) =>
      h("option", { value: name }, text)));
    if (![...select.options].some((one) => one.value === state()[key])) {
      select.append(h("option", { value: state()[key] }, "your file"));
    }
    select.value = state()[key];
  };
  fill(options);
  select.addEventListener("change", () => (change ?? ((value) => set({ [key]: value })))(select.value));
  on([key], () => fill(options));
  shortcut(letter, label, focusing(select));
  return Object.assign(h("div", { class: "control" },
    h("label", { for: id }, label, hint(letter)), select), { fill });
}

export function text({ key, label, note = "" }) {
  const id = fresh(key);
  const field = h("input", { type: "text", id, "data-key": key, autocomplete: "off",
    spellcheck: "false", "aria-describedby": note ? `${id}-note` : undefined });
  const show = () => document.activeElement !== field && (field.value = state()[key]);
  field.addEventListener("change", () => set({ [key]: field.value.trim() }));
  on([key], show);
  show();
  return h("div", { class: "control" }, h("label", { for: id }, label), field,
    note ? h("p", { class: "note", id: `${id}-note` }, note) : null);
}

// A button; with `pressed` a function of the state, the button is a switch.
export function button({ label, act, shortcut: letter, pressed = null, id = undefined,
  kind = "" }) {
  const element = h("button", { type: "button", id, class: kind || undefined,
    "aria-keyshortcuts": letter, onclick: act }, h("span", {}, label), hint(letter));
  if (pressed) {
    const show = () => element.setAttribute("aria-pressed", String(Boolean(pressed(state()))));
    on(null, show);
    show();
  }
  shortcut(letter, label, () => {
    element.focus({ preventScroll: true });
    element.click();
  });
  return element;
}
