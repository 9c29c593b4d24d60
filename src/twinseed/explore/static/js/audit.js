// Your data, second half: drop the files of two generators; the audit with its progress and page.

import { isStatic, stream, upload } from "./api.js";
import { button } from "./controls.js";
import { $, failed, h, say } from "./dom.js";
import { dropzone } from "./drop.js";
import { count } from "./words.js";

const ROLES = {
  train_a: ["Training rows of A", "the real rows that model A learned from"],
  train_b: ["Training rows of B", "the real rows that model B learned from"],
  samples_a: ["Samples of A", "what model A draws; row i comes from seed i"],
  samples_b: ["Samples of B", "what model B draws from the same seeds"],
  heldout: ["Held-out rows", "real rows that no model saw"],
};
const tokens = {};
const drops = {};
let running = null;

export function audit() {
  const told = $("#audit-sentence");
  if (isStatic()) {
    say(told, "An audit needs the program: install twinseed and run twinseed explore.");
    return;
  }
  const place = $("#audit-files");
  for (const [role, [label, note]] of Object.entries(ROLES)) {
    drops[role] = dropzone({ label, note, several: true, receive: (files) =>
      take(files.length > 1 ? sorted(files) : [[role, files[0]]]) });
    drops[role].input.dataset.role = role;
    place.append(drops[role].zone);
  }
  const start = button({ label: "Start the audit", shortcut: "a", id: "audit-start", kind: "main",
    act: () => (running ? running.abort() : run(start)) });
  $("#audit-buttons").append(start);
  ready();
}

// Several files at once find their places by their names.
function sorted(files) {
  const forms = { train_a: /train\w*[-_. ]?a\b/i, train_b: /train\w*[-_. ]?b\b/i,
    samples_a: /(sample|gen)\w*[-_. ]?a\b|^ga\b/i, samples_b: /(sample|gen)\w*[-_. ]?b\b|^gb\b/i,
    heldout: /held|test|^h\b/i };
  const short = { a: "train_a", b: "train_b" };
  return files.map((file) => {
    const stem = file.name.replace(/\.\w+$/, "");
    const role = short[stem] ?? Object.keys(forms).find((name) => forms[name].test(stem));
    return [role, file];
  });
}

async function take(pairs) {
  const told = $("#audit-sentence");
  const lost = pairs.filter(([role]) => !role).map(([, file]) => file.name);
  for (const [role, file] of pairs.filter(([one]) => one)) {
    const { status, zone } = drops[role];
    say(status, `Reading ${file.name} …`);
    status.classList.remove("refused");
    zone.classList.remove("filled");
    delete tokens[role];
    try {
      const answer = await upload(file);
      tokens[role] = answer.token;
      zone.classList.add("filled");
      say(status, `${file.name}: ${count(answer.rows)} rows, ${count(answer.columns)} columns`);
    } catch (error) {
      failed(status, error);
    }
  }
  ready(lost);
  if (lost.length) say(told, `These names tell no place: ${lost.join(", ")}. Drop them one by one.`);
}

function ready() {
  const missing = Object.keys(ROLES).filter((role) => !tokens[role]);
  const needed = missing.filter((role) => role !== "heldout");
  $("#audit-start").disabled = needed.length > 0;
  say($("#audit-sentence"), needed.length
    ? `Still needed: ${needed.map((role) => ROLES[role][0]).join(", ")}. Several files `
      + `at once find their places by their names, such as train_a.npy.`
    : missing.length ? "Ready. Without held-out rows copying cannot be judged."
      : "Ready: all five files are read.");
}

async function run(start) {
  const [told, bar, place] = [$("#audit-sentence"), $("#audit-progress"), $("#audit-page")];
  const mine = new AbortController();
  running = mine;
  start.firstChild.textContent = "Stop the audit";
  bar.hidden = false;
  bar.removeAttribute("value");
  place.replaceChildren();
  let result = null;
  try {
    await stream("api/audit", { method: "POST", signal: mine.signal, body: JSON.stringify(tokens),
      headers: { "content-type": "application/json" } }, (name, data) => {
      if (name === "progress") {
        if (Number.isFinite(data.share)) bar.value = data.share;
        say(told, `${data.stage} …`);
      } else if (name === "result") result = data;
      else if (name === "error") failed(told, Object.assign(new Error(data.problem), data));
    });
  } catch (error) {
    if (error.name === "AbortError") say(told, "The audit is stopped.");
    else failed(told, error);
  }
  running = null;
  bar.hidden = true;
  start.firstChild.textContent = "Start the audit";
  if (!result) return;
  told.classList.remove("refused");
  say(told, "The audit is complete. Its answers and its page are below.");
  const page = result.page.replace(/^\//, "");
  place.append(summary(result.summary), h("p", {}, h("a", { href: page, target: "_blank", rel: "noopener" },
    "Open the audit's page alone")),
  h("iframe", { src: page, sandbox: "", title: "The page of the audit", tabindex: "0" }));
}

// One answer per question.
function summary(found) {
  const all = Array.isArray(found) ? found : [{ sentence: String(found ?? "") }];
  return h("ul", { class: "answers" }, ...all.map((one) =>
    h("li", {}, one.sentence ?? `${one.question}: ${one.verdict}`)));
}
