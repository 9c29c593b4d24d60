// Numbers as words, and the sentences that change with the state.

const whole = new Intl.NumberFormat("en-GB", { maximumFractionDigits: 0 });

export function count(value) {
  return Number.isFinite(value) ? whole.format(value) : "no number";
}

export function plain(value, digits = 3) {
  if (!Number.isFinite(value)) return "no number";
  if (Math.abs(value) >= 1000) return whole.format(value);
  return String(Number(value.toPrecision(digits)));
}

// A share or an agreement between 0 and 1: two digits, more near 1.
export function unit(value) {
  if (value === null || value === undefined || !Number.isFinite(value)) return "no number";
  if (value > 0.99 && value < 1) return value > 0.9999 ? "more than 0.9999" : value.toFixed(4);
  return value.toFixed(2);
}

export const percent = (value) => (Number.isFinite(value) ? `${Math.round(100 * value)} %` : "?");

export function times(value) {
  return value >= 10 ? `${count(value)} times` : `${plain(value, 2)} times`;
}

const list = (items) => (items.length < 2 ? items.join("")
  : `${items.slice(0, -1).join(", ")} and ${items.at(-1)}`);

export function directions(numbers) {
  return `${numbers.length === 1 ? "direction" : "directions"} ${list(numbers)}`;
}

// Scene 1: what the pictures show.
export function twins({ meters, n_used: n, pairing, model }) {
  const { agree, agree_chance: chance, copied, copied_reference: honest, learned } = meters;
  const each = `${count(n)} ${n === 1 ? "image" : "images"}`;
  if (pairing === "shuffled") {
    return `Model B starts from other seeds than model A. The two models share nothing in a row, and `
      + `their agreement falls to ${unit(agree)}. So agreement measures what one seed becomes in `
      + `both models.`;
  }
  if (pairing === "same") {
    return agree > 0.995
      ? `Both models learned from the same ${each}, so both models are the same function: agreement `
        + `${unit(agree)}. This says nothing about how good the pictures are.`
      : `Both models learned from the same ${each}, and they agree to ${unit(agree)}. The rest is `
        + `training noise: two ${model === "network" ? "networks" : "models"} that saw different `
        + `images cannot agree better.`;
  }
  // What as many real rows show of a direction is the most that a sample can show of it.
  const most = meters.learned_ceiling;
  const share = learned.map((q, i) => (q === null ? NaN : most ? q / Math.max(most[i], 1e-9) : q));
  const known = share.flatMap((q, i) => (q >= 0.7 ? [i + 1] : []));
  const unknown = share.flatMap((q, i) => (q < 0.5 && most?.[i] >= 0.5 ? [i + 1] : []));
  const copies = copied - honest > 0.1
    ? ` ${percent(copied)} of the pictures are closer to a training image than to new images; an `
      + `honest model has ${percent(honest)}.` : "";
  const parts = [];
  if (known.length) {
    parts.push(`${directions(known)} of the data ${known.length > 1 ? "are" : "is"} learned`);
  }
  if (unknown.length) parts.push(`${directions(unknown)} ${unknown.length > 1 ? "are" : "is"} not`);
  const directionsSaid = parts.length ? ` ${capital(parts.join(", "))}.` : "";
  if (agree < 0.5) {
    return `With ${each} each, the two models draw different pictures from one seed (agreement `
      + `${unit(agree)}): each model repeats what its own training images have in common.`
      + copies + directionsSaid;
  }
  if (agree < 0.95) {
    return `With ${each} each, the two models agree on the outline and not on the details `
      + `(agreement ${unit(agree)}).` + directionsSaid + copies;
  }
  return `The two models agree to ${unit(agree)}, although they never saw the same image.`
    + directionsSaid + copies
    + (unknown.length ? " Agreement does not tell you this." : "");
}

export const capital = (text) => text.charAt(0).toUpperCase() + text.slice(1);

// Scene 2: agreement and recovery at one n.
export function blind({ n, convergence, recovery, hidden, onset, single }) {
  const q = recovery["1"];
  const name = single ? "the factor" : "factor 1";
  const start = `With ${count(n)} training rows the two models agree to ${unit(convergence)}`;
  if (q === undefined || q === null) {
    return `${start}. This population has no separate factor, so there is no recovery to show.`;
  }
  const begins = onset > 10 ? ` Learning of ${name} begins at ${count(onset)} rows.` : "";
  if (q < 0.02 || hidden || n < onset) {
    return convergence >= 0.5
      ? `${start}, and they have learned nothing of ${name}.${begins} The agreement curve gives no `
        + `sign of it.`
      : `${start}, and they have learned nothing of ${name}.${begins}`;
  }
  const learned = q < 0.5 ? "have learned little of" : q < 0.9 ? "have partly learned"
    : "have learned";
  return `${start}, and they ${learned} ${name} (recovery ${unit(q)}).${begins}`
    + (single ? " Make the factor weaker: recovery moves to the right, agreement hardly moves." : "");
}

// Scene 3: the outlier and the bulk.
export function spectrum({ n, outlier, onset, d }) {
  const needed = Number.isFinite(onset)
    ? ` It leaves the bulk at ${count(onset)} rows (n/d = ${plain(onset / d)}).` : "";
  if (!outlier) return `Each bar is a true variance; the area is what ${count(n)} rows show of them.`;
  if (outlier.position === null || outlier.overlap < 1e-6) {
    return `With ${count(n)} rows the factor hides: its sample variance lies inside the bulk, and no `
      + `sample direction points along it.${needed}`;
  }
  return `With ${count(n)} rows the factor stands out: its true variance is `
    + `${plain(outlier.population)}, the sample shows ${plain(outlier.position)}, and the sample `
    + `direction has overlap ${unit(outlier.overlap)} with the true one.`;
}

// Scene 4: the place of the dot.
export function map({ load, strength, word, copies, agrees, learned, other }) {
  const where = other ? `The map is for one factor over noise; drag the dot to choose it. At `
    + `${plain(load)} rows per dimension and strength ${plain(strength)} the models `
    : `At ${plain(load)} rows per dimension and strength ${plain(strength)} the models `;
  if (agrees && !learned) {
    return `${where}agree and have not learned the factor. This is the corner where agreement `
      + `misleads: a stronger factor, or more rows, leads out of it.`;
  }
  if (agrees && learned) return `${where}agree and have learned the factor.`;
  if (copies) {
    return `${where}copy their training rows${learned ? ", and have learned the factor" : ""}: `
      + `more rows per dimension end the copying.`;
  }
  return `${where}${learned ? "have learned the factor, but do not agree yet"
    : word ?? "neither copy nor agree"}.`;
}

// Scene 5: where the ridge lies on its path.
export function regularise({ ridge, best, here, none, beyond }) {
  const now = `With ridge ${plain(ridge)} the agreement is ${unit(here.convergence)} and the distance `
    + `to the truth ${plain(here.distance)}.`;
  if (ridge <= 0) return `${now} This is the model without a ridge.`;
  if (ridge <= best.ridge * 1.02) {
    return `${now} Up to the diamond (ridge ${plain(best.ridge)}) a larger ridge improves both.`;
  }
  const worse = here.distance > none.distance || (beyond && ridge > beyond)
    ? " It is now worse than the model without a ridge." : "";
  return `${now} Past the diamond, agreement still rises and the model gets worse.${worse}`;
}
