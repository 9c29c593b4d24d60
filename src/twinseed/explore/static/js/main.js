// Starts the page: reads the address, asks what can be chosen, and starts the scenes.

import { audit } from "./audit.js";
import { get, isStatic, listed } from "./api.js";
import { blind } from "./blind.js";
import { allShortcuts, button } from "./controls.js";
import { dock } from "./dock.js";
import { $, copy, h, notice } from "./dom.js";
import { map } from "./map.js";
import { announce, fill } from "./model.js";
import { plan } from "./plan.js";
import { regularise } from "./regularise.js";
import { spectrum } from "./spectrum.js";
import { address, load, on, reset, restrict, set, state } from "./state.js";
import { twins } from "./twins.js";

async function start() {
  load();
  try {
    if (isStatic()) await grids();
    announce(await get("choices"));
  } catch (error) {
    notice(`${error.message}. ${error.remedy ?? ""}`);
    return;
  }
  load();
  fill();
  dock();
  header();
  for (const scene of [twins, blind, spectrum, map, regularise, plan, audit]) scene();
  if (isStatic()) $("#static-note").hidden = false;
  document.documentElement.dataset.ready = "yes";
}

async function grids() {
  const { entries } = await listed();
  const models = entries.filter(({ endpoint }) => endpoint === "curves");
  const grid = (name) => [...new Set(models.map(({ parameters }) => Number(parameters[name])))]
    .filter(Number.isFinite);
  restrict("strength", grid("strengths"));
  restrict("exponent", grid("exponent"));
  restrict("d", grid("d"));
}

function header() {
  const help = $("#help");
  $("#page-buttons").append(
    button({ label: "Copy the link", shortcut: "k", act: async () => {
      const link = new URL(address(), location.href).href;
      notice(await copy(link) ? "The link to this state is copied."
        : `The link to this state: ${link}`);
    } }),
    button({ label: "Reset", shortcut: "0", act: reset }),
    button({ label: "Keys", shortcut: "?", act: () => {
      $("#keys").replaceChildren(...allShortcuts().map(({ key, name }) =>
        h("tr", {}, h("td", {}, h("kbd", {}, key)), h("td", {}, name))));
      help.showModal();
    } }));
  const single = $("#single-keys");
  const show = () => (single.checked = Boolean(state().keys));
  single.addEventListener("change", () => set({ keys: single.checked ? 1 : 0 }));
  on(["keys"], show);
  show();
  $("#close-help").addEventListener("click", () => help.close());
}

start();
