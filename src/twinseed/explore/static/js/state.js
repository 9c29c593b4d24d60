// The state of the page: one flat object, kept in the address, so that a reload or a copied link
// shows the same page.

export const DEFAULTS = {
  n: 300, data: "fashion", twins: "linear", seed: 0, swap: 0, pairing: "disjoint",
  population: "spiked", strength: 0.7, further: "", exponent: 1, levels: "4,1", shares: "0.1,0.9",
  d: 200, filter: "none", ridge: 0.1, coupling: 0, pilot: "", target: 0.9, keys: 1,
};

const FORMS = {
  pairing: /^(disjoint|same|shuffled)$/, twins: /^(linear|network)$/, pilot: /^[\w-]{0,80}$/,
  data: /^[\w-]{1,80}$/, population: /^[a-z_]{1,30}$/, filter: /^[a-z_]{1,30}$/,
  further: /^[\d.,eE+ -]{0,60}$/, levels: /^[\d.,eE+ -]{1,60}$/, shares: /^[\d.,eE+ -]{1,60}$/,
};
const WHOLE = new Set(["n", "seed", "swap", "d", "coupling", "keys", "rank"]);
const LEAST = { n: 2, d: 2, seed: 0, swap: 0, coupling: 0, keys: 0, ridge: 0, strength: 0.01,
  exponent: 0, target: 0.01 };
const MOST = { n: 1e7, d: 1e4, coupling: 1, keys: 1, swap: 1, strength: 1e4, target: 0.9999, exponent: 5 };

let now = { ...DEFAULTS };
let timer = 0;
const listeners = [];

// Register a parameter that the server announced, such as the rank of a filter.
export function declare(name, value) {
  if (!(name in DEFAULTS)) {
    DEFAULTS[name] = value;
    now[name] = read(name, new URLSearchParams(location.search).get(name));
  }
}

export const state = () => now;

// In a static copy of the page some values exist only on a grid; the nearest one is taken.
const grids = {};
export function restrict(name, values) {
  grids[name] = values;
}

// Read one value; a value that is no number, or out of its range, falls back to the default.
function read(name, text) {
  const standard = DEFAULTS[name];
  if (text === null || text === undefined) return standard;
  if (typeof standard === "string") {
    return !FORMS[name] || FORMS[name].test(text) ? String(text) : standard;
  }
  let value = String(text).trim() === "" ? NaN : Number(text);
  if (!Number.isFinite(value)) return standard;
  if (WHOLE.has(name)) value = Math.round(value);
  if (grids[name]?.length) {
    const far = (one) => Math.abs(Math.log(one / Math.max(value, 1e-9)));
    return grids[name].reduce((a, b) => (far(b) < far(a) ? b : a));
  }
  return Math.min(Math.max(value, LEAST[name] ?? -Infinity), MOST[name] ?? Infinity);
}

export function load() {
  const query = new URLSearchParams(location.search);
  now = Object.fromEntries(Object.keys(DEFAULTS).map((name) => [name, read(name, query.get(name))]));
}

export function address(values = now) {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(values)) {
    if (value !== DEFAULTS[name]) query.set(name, value);
  }
  const text = query.toString();
  return location.pathname + (text ? `?${text}` : "") + location.hash;
}

// Change some values; call every listener of a changed value once.
export function set(changes) {
  const changed = new Set();
  const next = { ...now };
  for (const [name, value] of Object.entries(changes)) {
    const clean = read(name, value);
    if (clean !== now[name]) {
      next[name] = clean;
      changed.add(name);
    }
  }
  if (!changed.size) return;
  now = next;
  // Browsers limit how often an address may change, so a drag writes the address ten times a second.
  if (!timer) timer = setTimeout(write, 100);
  for (const { names, call } of listeners) {
    if (!names || names.some((name) => changed.has(name))) call(now, changed);
  }
}

function write() {
  timer = 0;
  history.replaceState(null, "", address());
}

// Call a function after a change of any of these values; without names, after any change.
export function on(names, call) {
  listeners.push({ names, call });
}

export function reset() {
  set({ ...DEFAULTS });
}

window.addEventListener("pagehide", () => timer && write());
