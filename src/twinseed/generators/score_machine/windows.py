"""The schedule of windows: how far a denoiser looks around a pixel at each noise level."""

from __future__ import annotations

import csv
import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from twinseed.checks import given_path, positive, real, whole_numbers
from twinseed.errors import InputError
from twinseed.files import require_output, write_csv, write_text

__all__ = ["Windows"]

_ENDINGS = (".json", ".csv")


@dataclass(frozen=True)
class Windows:
    """Half widths of the square windows of a local score machine, one for each noise level.

    Equation: ``R(sigma) = R_k``, k the level with the least ``|log sigma - log sigma_k|``; between
    two levels at equal distance the higher level counts. So R is a step function of ``log sigma``,
    and levels beyond the ends have the half width of the nearest end.
    Range: ``R = 0``: a window is one pixel; ``R = side - 1`` or more: a window is the whole image.

    Args:
        levels: noise levels, above zero and all different; they are kept in falling order.
        half_widths: half width of the windows at each level, in pixels, 0 or more.
        similarities: how well the machine with these windows fits the denoiser at which the windows
            were measured, cosine similarity at each level, from -1 to 1; empty if not measured.

    Raises:
        InputError: a bad level or half width; lists of different lengths.

    Source: Kamb and Ganguli, arXiv 2412.20292 (windows that shrink with the noise).

    >>> windows = Windows([10.0, 1.0, 0.1], [7, 2, 0])
    >>> [windows.at(sigma) for sigma in (40.0, 4.0, 1.5, 0.02)]
    [7, 7, 2, 0]
    """

    levels: tuple[float, ...]
    half_widths: tuple[int, ...]
    similarities: tuple[float, ...] = ()

    def __post_init__(self) -> None:
        remedy = "pass noise levels above zero, such as [10.0, 1.0, 0.1]"
        levels = [
            positive(f"levels[{i}]", one, remedy) for i, one in _listed("levels", self.levels)
        ]
        remedy = "pass one half width in pixels for each level, such as [7, 2, 0]"
        widths = whole_numbers("half_widths", self.half_widths, remedy, at_least=0)
        fits = [
            real(f"similarities[{i}]", one, "pass one number from -1 to 1 for each level")
            for i, one in _listed("similarities", self.similarities)
        ]
        if not levels or len(set(levels)) != len(levels):
            raise InputError("levels", "must be different numbers, at least one", levels, remedy)
        for name, values in (("half_widths", widths), ("similarities", fits)):
            if len(values) != len(levels) and (values or name == "half_widths"):
                problem = f"must have one entry for each of the {len(levels)} levels"
                raise InputError(name, problem, f"{len(values)} entries", f"pass {len(levels)}")
        for fit in fits:
            if not -1.0 <= fit <= 1.0:
                remedy = "pass cosine similarities"
                raise InputError("similarities", "must lie from -1 to 1", fit, remedy)
        order = np.argsort(levels)[::-1]
        object.__setattr__(self, "levels", tuple(levels[i] for i in order))
        object.__setattr__(self, "half_widths", tuple(widths[i] for i in order))
        object.__setattr__(self, "similarities", tuple(fits[i] for i in order if fits))

    def at(self, sigma: float) -> int:
        """Return the half width at a noise level.

        Args:
            sigma: the noise level, above zero, in the units of ``levels``.
        """
        level = positive("sigma", sigma, "pass a noise level above zero")
        return self.half_widths[int(np.argmin(np.abs(np.log(self.levels) - np.log(level))))]

    def write(self, path: str | Path) -> None:
        """Write the schedule to a file that ``read`` can read.

        Args:
            path: a file that ends in .json (one list for each field) or .csv (one row per level).

        Raises:
            InputError: another ending, or a file that cannot be written.
        """
        target = require_output("path", given_path("path", path, "pass a file name"), _ENDINGS)
        if target.suffix.lower() == ".json":
            write_text(target, json.dumps(asdict(self), indent=1) + "\n")
        else:
            columns = {"level": self.levels, "half_width": self.half_widths}
            fits = {"similarity": self.similarities} if self.similarities else {}
            write_csv({**columns, **fits}, target)

    @classmethod
    def read(cls, path: str | Path, argument: str = "path") -> Windows:
        """Return the schedule in a file.

        Args:
            path: a file that ends in .json or .csv, as ``write`` writes it.
            argument: what errors call the path.

        Raises:
            InputError: a file that cannot be read, or that has no schedule of windows.
        """
        source = given_path(argument, path, "pass a file name")
        if source.suffix.lower() not in _ENDINGS:
            remedy = "pass a file that Windows.write has written"
            raise InputError(argument, "must end in .json or .csv", str(path), remedy)
        try:
            text = source.read_text(encoding="utf-8")
        except (OSError, ValueError) as error:
            why = getattr(error, "strerror", None) or "it is not text"
            remedy = "pass a file that exists and that you may read"
            raise InputError(argument, f"cannot be read ({why})", str(path), remedy) from error
        try:
            found = _from_json(text) if source.suffix.lower() == ".json" else _from_csv(text)
            return cls(*found)
        except (ValueError, TypeError, KeyError, AttributeError) as error:
            problem = f"has no schedule of windows ({error})"
            remedy = "write the file with Windows.write"
            raise InputError(argument, problem, str(path), remedy) from error


def _from_json(text: str) -> list[Any]:
    found = json.loads(text)
    return [found["levels"], found["half_widths"], found.get("similarities") or ()]


def _from_csv(text: str) -> list[Any]:
    rows = list(csv.DictReader(text.splitlines()))
    fits = [float(row["similarity"]) for row in rows if row.get("similarity")]
    return [
        [float(row["level"]) for row in rows],
        [float(row["half_width"]) for row in rows],
        fits,
    ]


def _listed(argument: str, values: Any) -> list[tuple[int, Any]]:
    try:
        return list(enumerate(values))
    except TypeError as error:
        raise InputError(argument, "must be a list", values, "pass a list of numbers") from error
