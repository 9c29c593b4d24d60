"""The page as static files: every answer of the sliders' grids is computed once and written."""

from __future__ import annotations

import json
import math
import shutil
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

from twinseed.errors import InputError, TwinseedError
from twinseed.explore.answers import ChartAnswer
from twinseed.explore.asked import Asked
from twinseed.explore.datasets import Datasets, OwnRows
from twinseed.explore.questions import QUESTIONS
from twinseed.jsonable import as_json

__all__ = ["FULL", "SliderGrid", "export"]

_STATIC = Path(__file__).parent / "static"
_DIGITS = 6
_MARK = '<meta name="twinseed-export" content="">'


@dataclass(frozen=True)
class SliderGrid:
    """The values of the sliders at which a static copy of the page has answers."""

    rows: Sequence[int] = (10, 14, 20, 30, 45, 70, 100, 150, 220, 300, 450, 650, 1000)
    sizes: Sequence[int] = (10, 20, 40, 80, 150, 300, 600, 1200, 2500, 5000, 10000)
    strengths: Sequence[float] = (0.1, 0.2, 0.35, 0.5, 0.7, 1.0, 1.5, 2.5, 4.0, 10.0)
    pairings: Sequence[str] = ("disjoint", "same", "shuffled")
    seeds: Sequence[int] = (0, 1, 2)
    exponents: Sequence[float] = (0.5, 1.0, 1.5, 2.0)
    d: int = 200

    def questions(self, datasets: Datasets) -> Iterator[tuple[str, dict[str, Any]]]:
        """Yield each question: the endpoint and its parameters."""
        yield "choices", {}
        for n in self.rows:
            for pairing in self.pairings:
                for seed in self.seeds:
                    yield (
                        "twins",
                        {"data": "fashion", "n": n, "pairing": pairing, "seed": seed, "swap": 0}
                        | {"model": "linear", "ridge": 0.0},
                    )
        models = [
            *({"population": "spiked", "strengths": one, "d": self.d} for one in self.strengths),
            *({"population": "power", "exponent": one, "d": self.d} for one in self.exponents),
        ]
        for model in models:
            yield "curves", {**model, "filter": "none"}
            for n in self.sizes:
                asked = {**model, "filter": "none", "n": n}
                yield "spectrum", asked
                yield "point", asked
            for n in self.sizes[1::3]:
                yield "regularise", {**model, "n": n}
        for n in self.sizes[1::3]:
            yield "coupling", {**models[len(self.strengths) // 2], "n": n}
        yield "map", {"filter": "none", "d": self.d}


FULL = SliderGrid()
"""The grid of ``--export``: less than 5 MB."""

_SMALLER = {
    "curves": {"points": "40"},
    "coupling": {"size": "32"},
    "spectrum": {"points": "100"},
}
"""What a static copy asks beyond its grid, so that its files stay small."""


def export(
    folder: str | Path,
    *,
    own: OwnRows | None = None,
    grid: SliderGrid = FULL,
    progress: Callable[[int], None] = lambda steps: None,
) -> Path:
    """Write the page as static files into a new folder, all of them or none.

    Args:
        folder: the folder to make; it must not exist, or be empty.
        own: a user's rows, whose data set becomes the first.
        grid: the values of the sliders.
        progress: called with 1 after each answer.

    Returns:
        The path of the folder.

    Raises:
        InputError: the folder is not empty, or cannot be written.
    """
    target = Path(folder)
    try:
        if target.exists() and (not target.is_dir() or any(target.iterdir())):
            raise InputError(
                "folder",
                "must be a new or an empty folder",
                str(target),
                "pass another name, or empty the folder",
            )
        if not target.absolute().parent.is_dir():
            raise InputError(
                "folder",
                "lies in a folder that does not exist",
                str(target),
                "make that folder first",
            )
        here = Path(mkdtemp(prefix=f".{target.name[:60]}.", dir=target.absolute().parent))
    except OSError as error:
        raise _unwritable(target, error) from error
    try:
        _filled(here, Datasets(own), grid, progress)
        here.chmod(0o755)
        here.replace(target)
    except OSError as error:
        raise _unwritable(target, error) from error
    finally:
        shutil.rmtree(here, ignore_errors=True)
    return target


def _filled(
    here: Path, datasets: Datasets, grid: SliderGrid, progress: Callable[[int], None]
) -> None:
    shutil.copytree(_STATIC, here / "static")
    page = (here / "static" / "index.html").read_text("utf-8")
    if _MARK not in page:
        raise TwinseedError(f"the page has no {_MARK}: install twinseed again")
    (here / "static" / "index.html").unlink()
    marked = _MARK.replace('content=""', 'content="data/manifest.json"')
    (here / "index.html").write_text(page.replace(_MARK, marked), "utf-8")
    (here / "data").mkdir()
    entries = []
    for number, (endpoint, asked) in enumerate(grid.questions(datasets)):
        name = f"data/{endpoint}-{number:04d}.json"
        wanted = {key: str(value) for key, value in asked.items()} | _SMALLER.get(endpoint, {})
        answer = QUESTIONS[endpoint](Asked(wanted), datasets)
        (here / name).write_bytes(_short(answer))
        entries.append({"endpoint": endpoint, "parameters": asked, "file": name})
        progress(1)
    told = json.dumps({"entries": entries}, separators=(",", ":"))
    (here / "data" / "manifest.json").write_text(told, "utf-8")


def _short(answer: ChartAnswer) -> bytes:
    """Return an answer as JSON, with six digits of each number."""
    told = _rounded(as_json({**answer.body, "python": answer.python}))
    return json.dumps(told, allow_nan=False, separators=(",", ":")).encode()


def _rounded(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _rounded(part) for key, part in value.items()}
    if isinstance(value, list):
        return [_rounded(part) for part in value]
    if isinstance(value, float) and value:
        return round(value, _DIGITS - 1 - math.floor(math.log10(abs(value))))
    return value


def _unwritable(target: Path, error: OSError) -> InputError:
    return InputError(
        "folder",
        f"cannot be written ({error.strerror or error})",
        str(target),
        "choose a folder in a place that you may write to and whose disk has room",
    )
