"""Score the registered predictions: what was predicted, what was measured, and how far apart."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from docs.studies import pages
from docs.studies.denoisers.summary import by_data, curve

from twinseed.arrays import Array

__all__ = ["IMAGES", "Gaps", "ceiling", "ceiling_table", "machine_table", "score_table"]

IMAGES = ("fashion", "digits", "patches")
"""The data on which the ceiling law is judged."""
_RMS, _WORST = 0.03, 0.05
_ONE_CONTROL = 0.937


@dataclass(frozen=True)
class Gaps:
    """Predictions minus measured values, over data sets and n."""

    gaps: Array

    @property
    def rms(self) -> float:
        """Root mean square."""
        return float(np.sqrt(np.mean(self.gaps**2)))

    @property
    def worst(self) -> float:
        """The largest absolute gap."""
        return float(np.max(np.abs(self.gaps)))

    @property
    def passes(self) -> bool:
        """Whether both registered bars hold."""
        return self.rms <= _RMS and self.worst <= _WORST


def ceiling(arms: Mapping[str, Any]) -> dict[str, dict[str, Array]]:
    """Return q by data set: of the networks, the linear twins, the same rows; and n."""
    found = {}
    for name, pairings in arms.items():
        apart, same = pairings["disjoint"], pairings["same-rows"]
        found[name] = {
            "n": np.array(apart["n"], dtype=np.float64),
            "measured": curve(apart, "network", "convergence").mean,
            "half": curve(apart, "network", "convergence").half,
            "linear": curve(apart, "linear", "convergence").mean,
            "same": curve(same, "network", "convergence").mean,
            "same half": curve(same, "network", "convergence").half,
        }
    return found


def predictions(one: Mapping[str, Array]) -> dict[str, Array]:
    """Return the predictions of q that need no machine, by their words in the table."""
    return {
        "linear x q of the same rows": one["linear"] * one["same"],
        "linear": one["linear"],
        f"linear x {_ONE_CONTROL}": one["linear"] * _ONE_CONTROL,
    }


def gaps(
    found: Mapping[str, Mapping[str, Array]], names: Sequence[str], least: float = 0.0
) -> dict[str, Gaps]:
    """Return the gaps of each prediction over some data sets, for n of ``least`` and more."""
    parts: dict[str, list[Array]] = {}
    for name in names:
        one = found[name]
        chosen = one["n"] >= least
        for words, values in predictions(one).items():
            parts.setdefault(words, []).append((values - one["measured"])[chosen])
    return {words: Gaps(np.concatenate(some)) for words, some in parts.items()}


def ceiling_table(arms: Mapping[str, Any]) -> str:
    """Return q of every data set and n, and the prediction of the ceiling law."""
    head = ["data", "n", "q linear", "q, same rows", "predicted", "q, disjoint rows", "gap"]
    rows = []
    for name, one in ceiling(arms).items():
        law = one["linear"] * one["same"]
        for k, n in enumerate(one["n"]):
            cells = [
                f"{one['linear'][k]:.3f}",
                f"{one['same'][k]:.3f} ± {one['same half'][k]:.3f}",
                f"{law[k]:.3f}",
                f"{one['measured'][k]:.3f} ± {one['half'][k]:.3f}",
                f"{law[k] - one['measured'][k]:+.3f}",
            ]
            rows.append([name, f"{n:,.0f}", *cells])
    return pages.table(head, "<" + ">" * 6, rows)


def score_table(arms: Mapping[str, Any]) -> str:
    """Return the scores of the predictions, and whether the registered bars hold."""
    found = ceiling(arms)
    present = [name for name in IMAGES if name in found]
    sets = {"images, all n (registered)": (present, 0.0), "images, n of 30 and more": (present, 30)}
    sets |= {name: ([name], 0.0) for name in found if name not in IMAGES}
    head = ["over", "prediction", "points", "root mean square gap", "largest gap", "both bars hold"]
    rows = []
    for words, (names, least) in sets.items():
        for prediction, one in gaps(found, names, least).items():
            numbers = [str(one.gaps.size), f"{one.rms:.3f}", f"{one.worst:.3f}"]
            rows.append([words, prediction, *numbers, "yes" if one.passes else "no"])
    return pages.table(head, "<<>>><", rows)


def machine_table(kept: Mapping[str, Any], arms: Mapping[str, Any]) -> str:
    """Return what machines predicted for the networks, beside what was measured."""
    head = ["data", "n", "windows of", "border", "q of machines", "q of networks", "gap"]
    head += ["share of machines", "share of networks", "squared correlation"]
    rows = []
    found: dict[tuple[str, int, str, str], list[Mapping[str, Any]]] = {}
    for key, one in kept["pairs"].items():
        data, n, border, _, *_, source = key.split()
        found.setdefault((data, int(n), source, border), []).append(one)
    for (data, n, source, border), parts in sorted(found.items()):
        arm = arms[data]["disjoint"]
        place = arm["n"].index(n)
        q = float(np.mean([one["convergence"] for one in parts]))
        share = float(np.mean([one["memorisation_share"] for one in parts]))
        networks = [
            float(curve(arm, "network", name).mean[place])
            for name in ("convergence", "memorisation_share")
        ]
        cells = [
            f"{q:.3f}",
            f"{networks[0]:.3f}",
            f"{q - networks[0]:+.3f}",
            f"{share:.2f}",
            f"{networks[1]:.2f}",
            f"{np.mean([one['squared correlation'] for one in parts]):.2f}",
        ]
        rows.append([data, f"{n:,}", source, border, *cells])
    return pages.table(head, "<><<" + ">" * 6, rows)


if __name__ == "__main__":
    networks = by_data("ceiling")
    print(ceiling_table(networks), score_table(networks), sep="\n\n")
