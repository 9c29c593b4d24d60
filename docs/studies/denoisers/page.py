"""The tables and the figures of docs/neural-twins.md, from the kept numbers.

Usage, from the root of the repository, to write them again: python -m docs.studies.denoisers.page
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from docs.studies import pages
from docs.studies.denoisers import (
    bridge_figure,
    registered_figures,
    scores,
    training_time_figure,
    windows,
)
from docs.studies.denoisers import figures as drawings
from docs.studies.denoisers.summary import (
    Curve,
    axis_recovery,
    by_data,
    crossing,
    crossings,
    curve,
    kept,
    theory_at,
)

from twinseed.drawing.style import Figure

__all__ = ["PAGE", "arms_over_all", "figures_of", "tables"]

PAGE = pages.DOCS / "neural-twins.md"

_NAMES = {
    "fashion": "Fashion, 16 x 16",
    "MNIST": "MNIST, 16 x 16",
    "fashion, 28 x 28": "Fashion, 28 x 28",
    "patches": "patches",
    "a = 0.5": "textures, a = 0.5",
    "a = 1": "textures, a = 1",
    "a = 2": "textures, a = 2",
    "strength 0.5": "spiked, 0.5 (mlp)",
    "strength 2": "spiked, 2 (mlp)",
    "strength 10": "spiked, 10 (mlp)",
}
_DIRECTIONS_N = 1000
_DISJOINT = ("fashion", "mnist", "large-images", "patches", "textures", "blindness")


def arms_over_all() -> dict[str, Mapping[str, Any]]:
    """Return every arm whose twins are trained on disjoint rows, by its name in the figures."""
    return {
        _NAMES[name]: arm
        for experiment in _DISJOINT
        for name, arm in kept(experiment)["arms"].items()
    }


def over_n(arm: Mapping[str, Any]) -> str:
    """Return the table of one arm over n."""
    columns = [
        curve(arm, model, name)
        for name in ("convergence", "memorisation_ratio", "memorisation_share")
        for model in ("network", "linear")
    ]
    head = ["n", "q", "q linear", "q theory", "ratio", "ratio linear", "share", "share linear"]
    rows = []
    expected = theory_at(arm, "convergence")
    for k, n in enumerate(arm["n"]):
        q, linear, *others = (_with_half(column, k) for column in columns)
        rows.append([f"{n:,}", q, linear, f"{expected[k]:.3f}", *others])
    return pages.table(head, ">" * 8, rows)


def several(arms: Mapping[str, Mapping[str, Any]], names: Mapping[str, str]) -> str:
    """Return a table of the variables ``names`` over the n of several arms."""
    heads = [f"{words}{model}" for words in names.values() for model in ("", " linear")]
    rows = []
    for label, arm in arms.items():
        columns = [curve(arm, model, name) for name in names for model in ("network", "linear")]
        expected = theory_at(arm, "convergence")
        for k, n in enumerate(arm["n"]):
            cells = [_with_half(column, k) for column in columns]
            rows.append([label, f"{n:,}", *cells, f"{expected[k]:.3f}"])
    return pages.table(["data", "n", *heads, "q theory"], "<" + ">" * (len(heads) + 2), rows)


def blindness_table(told: Mapping[str, Any]) -> str:
    """Return q and recovery of spiked rows at every strength."""
    head = ["strength", "n", "q", "q linear", "q theory", "Q", "Q linear", "Q theory"]
    rows = []
    for name, arm in told["arms"].items():
        q = [curve(arm, model, "convergence") for model in ("network", "linear")]
        recovered = [axis_recovery(arm, model) for model in ("network", "linear")]
        theory = np.interp(
            np.log(arm["n"]),
            np.log(arm["predicted"]["n"]),
            [one[0] for one in arm["predicted"]["recovery"]],
        )
        expected = theory_at(arm, "convergence")
        for k, n in enumerate(arm["n"]):
            cells = [
                *(_with_half(one, k) for one in q),
                f"{expected[k]:.3f}",
                *(_with_half(one, k) for one in recovered),
                f"{theory[k]:.3f}",
            ]
            rows.append([name.split()[1], f"{n:,}", *cells])
    return pages.table(head, ">" * 8, rows)


def controls_table(told: Mapping[str, Mapping[str, Any]]) -> str:
    """Return q of the controls beside that of disjoint rows."""
    head = ["denoiser", "n", "disjoint rows", "same rows", "disjoint rows, same start"]
    rows = []
    for label, arms in told.items():
        q = {name: curve(arm, "network", "convergence") for name, arm in arms.items()}
        null = curve(arms["disjoint"], "network", "convergence_null")
        for n in arms["same-rows"]["n"]:
            cells = [_at(q[name], n) for name in ("disjoint", "same-rows", "same-start")]
            cells.append(_at(null, n))
            rows.append([label, f"{n:,}", *cells])
    return pages.table([*head, "mismatched seeds"], "<>>>>>", rows)


def matched_table(arms: Mapping[str, Mapping[str, Any]]) -> str:
    """Return how far networks are from their linear model, and the loads at which q passes 1/2."""
    head = ["data", "d", "largest gap in q", "at n", "gap at the largest n", "n at q = 1/2"]
    rows = []
    for label, arm in arms.items():
        gap = curve(arm, "network", "convergence").mean - theory_at(arm, "convergence")
        place = int(np.argmax(np.abs(gap)))
        half = np.array(crossings(arm, "network"))
        linear = crossing(arm["predicted"]["n"], arm["predicted"]["convergence"])
        gaps = [f"{gap[place]:+.3f}", f"{arm['n'][place]:,}", f"{gap[-1]:+.3f}"]
        loads = [_load(half, arm), _load(np.array([linear]), arm), _ratio(half, linear)]
        rows.append([label, str(arm["d"]), *gaps, *loads])
    return pages.table([*head, "linear, theory", "ratio"], "<" + ">" * 7, rows)


def directions_table(told: Mapping[str, Any], n: int) -> str:
    """Return the recovery of directions and of the subspace of five, by data and model."""
    head = ["data", "samples of", "direction 1", *"23456", "first five, as a subspace"]
    rows = []
    names = {
        "network": "networks",
        "linear": "linear twins",
        "own energy": "true directions, variances of the networks",
        "real rows": "as many real rows",
        "between networks": "network A against network B",
        "between linear": "linear A against linear B",
    }
    for data, sizes in told.items():
        shown = {words: sizes[str(n)][kind] for kind, words in names.items()}
        for key, one in sizes.items():
            steps = key.partition(", ")[2]
            if steps:
                shown |= {
                    f"networks after {int(steps.split()[0]):,} steps, one pair": one["network"],
                    "network A against network B, of these": one["between networks"],
                }
        for words, parts in shown.items():
            ranks = np.mean([one["rank"] for one in parts], axis=0)[:6]
            five = np.mean([one["subspace"][4] for one in parts])
            rows.append([data, words, *(f"{value:.2f}" for value in ranks), f"{five:.2f}"])
    return pages.table(head, "<<" + ">" * 7, rows)


def time_table(told: Mapping[str, Any]) -> str:
    """Return share, q and recovery after the last of the steps, by n."""
    names = {"memorisation_share": "share", "convergence": "q", "recovery": "Q"}
    models = ("network", "linear")
    head = ["n", *(f"{words}{model}" for words in names.values() for model in ("", " linear"))]
    rows = []
    for n in told["n"]:
        pairs = told["by n"][str(n)]
        cells = [_at_end(pairs, model, name) for name in names for model in models]
        rows.append([f"{n:,}", *cells, _at_end(pairs, "real rows", "recovery")])
    return pages.table([*head, "Q real rows"], ">" * (len(head) + 1), rows)


def _at_end(pairs: Sequence[Mapping[str, Any]], model: str, name: str) -> str:
    """Return the mean over the pairs after the last of the steps, and their range."""
    ends = [pair[model][name] for pair in pairs]
    if model == "network":
        ends = [steps[-1] for steps in ends]
    values = [training_time_figure.over_directions(one) for one in ends]
    return f"{np.mean(values):.2f} ({min(values):.2f} to {max(values):.2f})"


def _load(half: np.ndarray, arm: Mapping[str, Any]) -> str:
    known = half[~np.isnan(half)]
    if known.size == 0:
        return f"below {arm['n'][0]:,}"
    return f"{known.mean():.0f}" if known.size == 1 else f"{known.min():.0f} to {known.max():.0f}"


def _ratio(half: np.ndarray, linear: float) -> str:
    known = half[~np.isnan(half)]
    if known.size == 0 or np.isnan(linear):
        return "unknown"
    return f"{known.mean() / linear:.2f}"


def _with_half(found: Curve, k: int) -> str:
    return f"{found.mean[k]:z.3f} ± {found.half[k]:.3f}"


def _at(found: Curve, n: int) -> str:
    places = np.flatnonzero(found.n == n)
    return _with_half(found, int(places[0])) if places.size else "not run"


def _controls() -> dict[str, dict[str, Mapping[str, Any]]]:
    images, rows = kept("controls")["arms"], kept("blindness-controls")["arms"]
    return {
        "UNet, Fashion": {**images, "disjoint": kept("fashion")["arms"]["fashion"]},
        "MLP, spiked": {**rows, "disjoint": kept("blindness")["arms"]["strength 2"]},
    }


def tables() -> dict[str, str]:
    """Return every table by the name of its marker."""
    small = {"convergence": "q", "memorisation_share": "share"}
    further = {n: a for n, a in arms_over_all().items() if n in ("Fashion, 28 x 28", "patches")}
    return {
        "fashion": over_n(kept("fashion")["arms"]["fashion"]),
        "mnist": over_n(kept("mnist")["arms"]["MNIST"]),
        "controls": controls_table(_controls()),
        "blindness": blindness_table(kept("blindness")),
        "textures": several(kept("textures")["arms"], small),
        "further": several(further, small),
        "matched": matched_table(arms_over_all()),
        "directions": directions_table(by_data("directions"), _DIRECTIONS_N),
        "training time": time_table(kept("training-time")),
        "ceiling": scores.ceiling_table(by_data("ceiling")),
        "ceiling scores": scores.score_table(by_data("ceiling")),
        "machines": scores.machine_table(kept("machines"), by_data("ceiling")),
        "windows": windows.table(),
    }


def figures_of() -> dict[str, Figure]:
    """Return every figure by the name of its file."""
    every = arms_over_all()
    further = {name: every[name] for name in ("Fashion, 28 x 28", "patches")}
    return {
        "twins_images": drawings.images(kept("fashion"), kept("mnist"), kept("controls")),
        "twins_blindness": drawings.blindness(kept("blindness")),
        "twins_textures": drawings.textures(kept("textures")),
        "twins_further": drawings.other_images(further),
        "twins_matched": drawings.matched(every),
        "twins_bridge": bridge_figure.figure(kept("bridge")),
        "twins_directions": registered_figures.directions(by_data("directions"), _DIRECTIONS_N),
        "twins_pictures": registered_figures.pictures(by_data("directions"), _DIRECTIONS_N),
        "twins_ceiling": registered_figures.law(by_data("ceiling")),
        "twins_windows": registered_figures.windows(kept("machines"), "fashion"),
        "twins_training_time": training_time_figure.figure(kept("training-time")),
        "twins_training_onset": training_time_figure.onsets(kept("training-time")),
    }


if __name__ == "__main__":
    pages.renew(PAGE, tables(), figures_of())
