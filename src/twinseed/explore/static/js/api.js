// Questions to the server: each is cancellable, and at most one question per topic is under way.
// In a static copy of the page the same questions are answered by files.

const meta = () => document.querySelector('meta[name="twinseed-export"]')?.content ?? "";
let manifest = null;

export const isStatic = () => Boolean(window.TWINSEED_EXPORT || meta());

export class Refusal extends Error {
  constructor({ argument = "", problem = "", remedy = "" }, status = 0) {
    super([argument && `${argument}:`, problem].filter(Boolean).join(" ") || "no answer");
    Object.assign(this, { argument, problem, remedy, status });
  }
}

export function query(endpoint, parameters, extra = {}) {
  const pairs = Object.entries({ ...parameters, ...extra }).filter(([, value]) => value !== "");
  const text = new URLSearchParams(pairs).toString();
  return `api/${endpoint}${text ? `?${text}` : ""}`;
}

async function checked(response) {
  if (response.ok) return response;
  let said = {};
  try {
    said = await response.json();
  } catch {
    said = { problem: `the server answered ${response.status}`, remedy: "Try again." };
  }
  throw new Refusal(said, response.status);
}

export async function get(endpoint, parameters = {}, signal = undefined) {
  const path = isStatic() ? await stored(endpoint, parameters) : query(endpoint, parameters);
  let response;
  try {
    response = await fetch(path, { signal });
    if (response.status === 503) { // busy: ask once more, a little later
      await new Promise((resume) => setTimeout(resume, 500));
      response = await fetch(path, { signal });
    }
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new Refusal({ problem: "the server does not answer",
      remedy: "Start it again with: twinseed explore" });
  }
  return (await checked(response)).json();
}

// The file of a static copy: all parameters must match, but for n, of which the nearest is taken.
export async function stored(endpoint, parameters) {
  const { entries } = await listed();
  const seeds = 1 + Math.max(0, ...entries.map((one) => Number(one.parameters.seed ?? 0)));
  const wanted = { ...parameters, ..."seed" in parameters
    ? { seed: parameters.seed % seeds } : {} };
  let best = null;
  for (const entry of entries) {
    if (entry.endpoint !== endpoint) continue;
    const far = distance(entry.parameters, wanted);
    if (far < Infinity && (!best || far < best.far)) best = { far, file: entry.file };
  }
  if (best) return best.file;
  throw new Refusal({ problem: "this static copy of the page does not hold this choice",
    remedy: "Install twinseed and run: twinseed explore" });
}

export async function listed() {
  manifest ??= window.TWINSEED_EXPORT?.entries
    ? window.TWINSEED_EXPORT : await (await fetch(meta() || "data/manifest.json")).json();
  return manifest;
}

function distance(entry, wanted) {
  let far = 0;
  for (const [name, value] of Object.entries(entry)) {
    const asked = wanted[name];
    if (asked === undefined || String(asked) === String(value)) continue;
    if (name === "n") far = Math.abs(Math.log(value / asked));
    else if (Number(asked) !== Number(value)) return Infinity;
  }
  return far;
}

// Ask the newest question of a topic. While one is under way the newest waits, so that a drag shows
// every answer that arrives; an answer that takes longer than `patience` is cancelled.
const topics = new Map();
export function latest(topic, endpoint, parameters, patience = 400) {
  return new Promise((resolve, reject) => {
    const here = topics.get(topic) ?? { next: null, busy: null };
    topics.set(topic, here);
    here.next?.resolve(null);
    here.next = { endpoint, parameters, resolve, reject };
    if (!here.busy) advance(here);
    else if (performance.now() - here.since > patience) here.busy.abort();
    else here.timer ??= setTimeout(() => here.next && here.busy?.abort(), patience);
  });
}

export function cancel(topic) {
  const here = topics.get(topic);
  here?.next?.resolve(null);
  if (here) here.next = null;
  here?.busy?.abort();
}

async function advance(here) {
  const { endpoint, parameters, resolve, reject } = here.next;
  here.next = null;
  here.busy = new AbortController();
  here.since = performance.now();
  try {
    resolve(await get(endpoint, parameters, here.busy.signal));
  } catch (error) {
    if (error.name === "AbortError") resolve(null);
    else reject(error);
  }
  clearTimeout(here.timer);
  here.timer = here.busy = null;
  if (here.next) advance(here);
}

// Read a stream of events; resolves when the stream ends. Abort the signal to stop the server too.
export async function stream(path, options, receive) {
  const response = await checked(await fetch(path, options));
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  let text = "";
  for (;;) {
    const { value, done } = await reader.read();
    if (done) return;
    text += value.replaceAll("\r\n", "\n");
    const parts = text.split("\n\n");
    text = parts.pop();
    for (const part of parts) {
      const found = Object.fromEntries(part.split("\n").map((line) => {
        const at = line.indexOf(":");
        return [line.slice(0, at), line.slice(at + 1).trimStart()];
      }));
      if (found.data) receive(found.event ?? "message", JSON.parse(found.data));
    }
  }
}

export async function upload(file, signal = undefined) {
  const path = query("upload", { name: file.name });
  return (await checked(await fetch(path, { method: "POST", body: file, signal }))).json();
}
