// The dock: the slider of training images and the three numbers, always in view.

import { latest } from "./api.js";
import { $, h, say } from "./dom.js";
import { model, modelKeys } from "./model.js";
import { on, state } from "./state.js";
import { unit } from "./words.js";

const WORDS = {
  copied: ["copied", "share of pictures closer to a training image than to new images"],
  agree: ["agree", "how alike the two models draw from one seed"],
  learned: ["learned", "how well the main directions of the data are known"],
};
const bars = {};
let shown = "twins"; // the scene in view decides whose numbers the dock shows
const known = {};

export function dock() {
  for (const [name, [text, described]] of Object.entries(WORDS)) {
    const count = name === "learned" ? 3 : 1;
    bars[name] = {
      tracks: Array.from({ length: count }, (_, i) => h("div", { class: "track", role: "meter",
        "aria-valuemin": 0, "aria-valuemax": 1, "aria-valuenow": 0, "aria-label":
          count > 1 ? `${text}, direction ${i + 1}` : `${text}: ${described}` },
      h("div", { class: "fill" }), h("div", { class: "mark", hidden: true }))),
      value: h("output", { class: "value" }, ""),
      mark: h("span", { class: "marked" }, ""),
    };
    const { tracks, value, mark } = bars[name];
    $("#meters").append(h("div", { class: `meter ${name}`, title: described },
      h("div", { class: "top" }, h("span", { class: "name" }, text), value),
      h("div", { class: "tracks" }, ...tracks), mark));
  }
  const scenes = [...document.querySelectorAll("main > section")];
  const watch = new IntersectionObserver(() => {
    const middle = window.innerHeight * 0.45;
    const here = scenes.find((one) => one.getBoundingClientRect().bottom > middle) ?? scenes[0];
    const from = here.id === "twins" ? "twins" : "theory";
    for (const link of document.querySelectorAll("nav a")) {
      if (link.hash === `#${here.id}`) link.setAttribute("aria-current", "true");
      else link.removeAttribute("aria-current");
    }
    if (from === shown) return;
    shown = from;
    if (shown === "theory") theory();
    paint();
  }, { threshold: [0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1] });
  scenes.forEach((one) => watch.observe(one));
  on([...modelKeys(), "n"], () => shown === "theory" && theory());
}

// Tell the dock the numbers of one source: "twins" or "theory".
export function meters(source, values, from) {
  known[source] = { ...values, from };
  paint();
}

// Below the floor a number cannot be told from chance.
function factors({ recovery, status }) {
  const names = Object.keys(recovery).slice(0, 3);
  if (!names.length) return "no separate factor";
  const hidden = names.every((k) => status?.[`recovery_${k}`] === "below the floor");
  return hidden ? "no more than chance" : `factor ${names.join(", ")}`;
}

async function theory() {
  try {
    const s = state();
    const answer = await latest("point", "point", { ...model(s), n: s.n });
    if (!answer) return;
    meters("theory", { copied: answer.memorisation_share, copied_reference: 0.5,
      agree: answer.convergence, agree_chance: null,
      learned: Object.values(answer.recovery), learned_word: factors(answer) },
    "theory of the population in scene 2");
  } catch {
    meters("theory", { copied: null, agree: null, learned: [] }, "no numbers for this choice");
  }
}

const two = (value) => Math.abs(value).toFixed(2).replace(/^(?!0.00)/, value < 0 ? "-" : "");

function paint() {
  const values = known[shown];
  if (!values) return;
  say($("#meters-from"), values.from);
  set("copied", [values.copied], values.copied_reference, "honest");
  set("agree", [values.agree], values.agree_chance, "chance");
  set("learned", values.learned.slice(0, 3), null, values.learned_word ?? "directions 1, 2, 3");
}

function set(name, values, level, word) {
  const { tracks, value, mark } = bars[name];
  tracks.forEach((track, i) => {
    const one = values[i];
    const there = Number.isFinite(one);
    track.classList.toggle("empty", !there);
    track.setAttribute("aria-valuenow", there ? Math.min(Math.max(one, 0), 1).toFixed(3) : 0);
    track.setAttribute("aria-valuetext", there ? unit(one) : "no number");
    track.firstChild.style.setProperty("--share", there ? Math.min(Math.max(one, 0), 1) : 0);
    track.lastChild.hidden = !Number.isFinite(level);
    if (Number.isFinite(level)) track.lastChild.style.setProperty("--share", Math.max(level, 0));
  });
  const there = values.filter(Number.isFinite);
  value.textContent = there.length ? there.map(two).join("  ") : "–";
  mark.textContent = Number.isFinite(level) ? `${word} ${two(level)}` : name === "learned" ? word : "";
}
