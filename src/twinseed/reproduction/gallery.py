"""The list of figures of a reproduction, which depends on its readouts."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from twinseed.drawing.strip import picture_strip
from twinseed.drawing.style import Figure
from twinseed.pages.drawing import Drawing
from twinseed.readout import Readout, Readouts
from twinseed.reproduction import figures

if TYPE_CHECKING:
    from twinseed.reproduction import Reproduction

__all__ = ["drawings"]


def drawings(reproduction: Reproduction) -> list[Drawing]:
    """Return the figures of a reproduction, in the order of the page."""
    readouts = reproduction.readouts
    found = [
        *_paired(readouts, "agreement_is_blind", figures.agreement_is_blind, "blind"),
        *_load(readouts),
        *_paired(readouts, "power_law", figures.power_law, "power_law"),
        *_paired(readouts, "ridge_path", figures.ridge_path, "ridge_path"),
    ]
    for data in ("digits", "data"):
        keys = [f"{data}_{kind}" for kind in ("measured", "predicted", "gaussian")]
        if all(key in readouts for key in keys):
            parts = (readouts[key] for key in keys)
            found.append(Drawing("real_data", partial(figures.real_data, *parts)))
    if "strip" in reproduction.pictures:
        strip, sizes = reproduction.pictures["strip"], list(reproduction.pictures["sizes"])
        found.append(Drawing("picture_strip", partial(picture_strip, strip, sizes)))
    named = {"memoriser": "control_memoriser", "fresh data": "control_fresh"}
    if all(key in readouts for key in named.values()):
        rows = {words: readouts[key] for words, key in named.items()}
        found.append(Drawing("controls", partial(figures.controls, rows)))
    return found


def _paired(
    readouts: Readouts, name: str, draw: Callable[..., Figure], prefix: str
) -> list[Drawing]:
    theory = _labelled(readouts, f"{prefix}_theory_")
    simulated = _labelled(readouts, f"{prefix}_simulated_")
    shared = [label for label in theory if label in simulated]
    if not shared:
        return []
    both = ({label: side[label] for label in shared} for side in (theory, simulated))
    return [Drawing(name, partial(draw, *both))]


def _load(readouts: Readouts) -> list[Drawing]:
    sizes = _labelled(readouts, "simulated_load_d")
    if "theory_load" not in readouts or not sizes:
        return []
    largest_first = [sizes[label] for label in reversed(sizes)]
    return [
        Drawing("load_curves", partial(figures.load_curves, readouts["theory_load"], largest_first))
    ]


def _labelled(readouts: Readouts, prefix: str) -> dict[str, Readout]:
    """Return readouts whose names begin with ``prefix``, in the order of the number after it."""
    found = {key.removeprefix(prefix): key for key in readouts if key.startswith(prefix)}
    return {label: readouts[found[label]] for label in sorted(found, key=float)}
