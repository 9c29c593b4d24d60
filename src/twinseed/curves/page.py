"""The page of twins for several n, and the folder of the page, its figures and its readouts."""

from __future__ import annotations

import os
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from twinseed import readout
from twinseed._version import __version__
from twinseed.curves import figures as drawn
from twinseed.curves.curves import sentences
from twinseed.drawing.strip import picture_strip
from twinseed.errors import InputError
from twinseed.files import write_text
from twinseed.intervals import interval95
from twinseed.pages.drawing import Drawing
from twinseed.pages.page import render
from twinseed.readout import Readout

if TYPE_CHECKING:
    from twinseed.curves.curves import TwinCurves

__all__ = ["curves_page", "require_room", "write_readouts", "write_training"]

_PAGE = "index.html"
_READOUTS = ("measured", "linear", "machine", "predicted")

_COLUMNS = {
    "convergence": "Convergence q",
    "convergence_null": "Mismatched seeds",
    "memorisation": "Memorisation m",
    "memorisation_ratio": "Ratio \N{GREEK SMALL LETTER RHO}",
    "memorisation_share": "Share closer to training",
}


def require_room(folder: str | Path) -> None:
    """Raise an error before training, not after it, if results cannot be written to the folder.

    Raises:
        InputError: the folder, or a file or folder in it, cannot be written.
    """
    root = Path(folder)
    for place, is_folder in (
        (root, True),
        (root / "figures", True),
        (root / _PAGE, False),
        *((root / f"{name}.nc", False) for name in _READOUTS),
    ):
        if place.exists() and place.is_dir() != is_folder:
            raise InputError(
                "folder",
                f"must be a folder where {place} can be a {'folder' if is_folder else 'file'}",
                str(root),
                f"move {place} away, or pass another folder",
            )
    above = next(one for one in (root.absolute(), *root.absolute().parents) if one.exists())
    if not above.is_dir() or not os.access(above, os.W_OK | os.X_OK):
        why = "is a folder that you may not write to" if above.is_dir() else "is a file"
        raise InputError(
            "folder",
            f"cannot be written: {above} {why}",
            str(root),
            "pass a folder that you may write to",
        )


def write_readouts(folder: str | Path, **readouts: Readout | None) -> None:
    """Write readouts by name into a folder, each completely or not at all; None deletes a file.

    Raises:
        InputError, OSError: the folder cannot be written.
    """
    root = Path(folder)
    root.mkdir(parents=True, exist_ok=True)
    for name, data in readouts.items():
        path = root / f"{name}.nc"
        if data is None:
            path.unlink(missing_ok=True)
            continue
        readout.save(data, path)


def write_training(curves: TwinCurves, folder: str | Path) -> Path:
    """Write the readouts, ``figures/`` and ``index.html`` into a folder; return the page's path.

    Raises:
        MissingExtraError: matplotlib is not installed; the readouts are written before.
        InputError, OSError: the folder cannot be written.
    """
    write_readouts(folder, **{name: getattr(curves, name) for name in _READOUTS})
    root = Path(folder)
    (root / "figures").mkdir(exist_ok=True)
    page = root / _PAGE
    write_text(page, curves_page(curves, root / "figures"), "folder")
    return page


def curves_page(curves: TwinCurves, folder: Path | None = None) -> str:
    """Return the self-contained page; with a folder its figures are also written there."""
    models = {"these twins": curves.measured, "linear": curves.linear, "machine": curves.machine}
    known = {name: data for name, data in models.items() if data is not None}
    columns = {
        name: words for name, words in _COLUMNS.items() if drawn.has_numbers(curves.measured, name)
    }
    rows = [
        {
            "n": f"{int(n):,}",
            "cells": [
                [(model, *_value(data, name, i)) for model, data in known.items()]
                for name in columns
            ],
        }
        for i, n in enumerate(curves.measured["n"].values)
    ]
    return render(
        "curves/page.html",
        title=curves.title,
        said=sentences(curves),
        notes=curves.notes,
        shown=[drawing.shown(folder) for drawing in _drawings(curves)],
        files=folder is not None,
        linear=curves.linear is not None,
        machine=curves.machine is not None,
        columns=list(columns.values()),
        rows=rows,
        settings={**curves.settings, "Versions": {"twinseed": __version__}},
    )


def _value(data: Readout, name: str, place: int) -> tuple[float, float, float]:
    value = float(data[name].isel(n=place))
    return value, *interval95(value, float(data[f"{name}_se"].isel(n=place)))


def _drawings(curves: TwinCurves) -> list[Drawing]:
    found = [Drawing("training_agreement", partial(drawn.training_agreement, curves))]
    if drawn.has_numbers(curves.measured, "memorisation_share"):
        found.append(Drawing("training_closeness", partial(drawn.training_closeness, curves)))
    if drawn.has_numbers(curves.measured, "convergence_factor"):
        found.append(Drawing("training_spectrum", partial(drawn.training_spectrum, curves)))
    if curves.pictures is not None:
        sizes: list[Any] = curves.measured["n"].values.tolist()
        strip = partial(picture_strip, curves.pictures, sizes)
        found.append(Drawing("training_pictures", strip))
    if curves.losses:
        draw = partial(drawn.training_losses, curves.losses, reference=curves.reference_loss)
        found.append(Drawing("training_losses", draw))
    return found
