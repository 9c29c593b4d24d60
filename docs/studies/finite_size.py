"""The finite-size study of docs/finite-size.md: draws, fits, and the numbers that are kept.

Usage, from the root of the repository: python -m docs.studies.finite_size [--store FILE]

Twins at one load and no ridge, with one factor whose strength passes its threshold on a scale of
d^(-1/3): recovery and convergence of each draw, at seven sizes from 10^2 to 10^8. The run takes a
few minutes of one core and can be interrupted and resumed where a store is given.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from docs.studies.finite_size_fits import Draws, fits

from twinseed.filters import Ridge
from twinseed.populations import Spiked
from twinseed.simulation import Compressed
from twinseed.sweep import Cell, Job, Result, Store, run

__all__ = ["RESULTS", "Settings", "results_of", "study", "table"]

RESULTS = Path(__file__).with_name("finite_size.json")
_CHUNK = 32
"""Replicates of one cell of the sweep, which are drawn side by side."""


@dataclass(frozen=True)
class Settings:
    """What is drawn: at each d, strengths ``(1 + w d^(-1/3))/sqrt(gamma)``, w from ``windows``."""

    gamma: float = 4.0
    sizes: tuple[int, ...] = (10**2, 10**3, 10**4, 10**5, 10**6, 10**7, 10**8)
    windows: tuple[float, ...] = (-3.0, -1.5, -0.5, 0.0, 0.5, 1.5, 3.0)
    replicates: tuple[int, ...] = (128, 128, 128, 128, 128, 64, 64)
    tolerance: float = 1e-5
    """Of the engine: at d = 10^8 the overlap at the threshold itself is a few thousandths."""

    def strength(self, d: int, window: float) -> float:
        """Return the strength of the factor."""
        return float((1.0 + window * d ** (-1.0 / 3.0)) * self.gamma**-0.5)


def study(
    settings: Settings, *, seed: int = 0, store: Path | None = None, workers: int = 1
) -> dict[tuple[int, float], Draws]:
    """Draw everything; return recovery and convergence of each draw by d and window."""
    job = Job(
        "finite size", f"1/{Compressed.revision}", (seed,), {"study": json.loads(_text(settings))}
    )
    places = [
        (d, window, chunk)
        for d, count in zip(settings.sizes, settings.replicates, strict=True)
        for window in settings.windows
        for chunk in range(-(-count // _CHUNK))
    ]
    cells = [_cell(settings, *place) for place in places]
    with ExitStack() as stack:
        kept = stack.enter_context(Store(store, job)) if store is not None else None
        found = run(job, cells, store=kept, workers=workers, progress=None)
    return _joined(places, found)


def results_of(settings: Settings, draws: Mapping[tuple[int, float], Draws]) -> dict[str, Any]:
    """Return the table and the fits, ready for JSON."""
    return {
        "settings": json.loads(_text(settings)),
        "table": table(settings, draws),
        "fits": fits(settings.gamma, draws),
    }


def table(
    settings: Settings, draws: Mapping[tuple[int, float], Draws]
) -> list[dict[str, float | int]]:
    """Return mean and standard deviation of both order parameters at each point."""
    rows = []
    for (d, window), found in draws.items():
        rows.append(
            {
                "d": d,
                "window": window,
                "strength": _six(settings.strength(d, window)),
                "replicates": found.recovery.size,
                "recovery": _six(found.recovery.mean()),
                "recovery_sd": _six(found.recovery.std(ddof=1)),
                "convergence": _six(found.convergence.mean()),
                "convergence_sd": _six(found.convergence.std(ddof=1)),
            }
        )
    return rows


def _cell(settings: Settings, d: int, window: float, chunk: int) -> Cell:
    n, strength = round(settings.gamma * d), settings.strength(d, window)
    engine = Compressed(tolerance=settings.tolerance)
    return Cell(
        partial(_drawn, engine, n, d, strength),
        {"n": n, "d": d, "strength": strength, "chunk": chunk},
    )


def _drawn(engine: Compressed, n: int, d: int, strength: float, rng: np.random.Generator) -> Result:
    draws = engine.draws(Spiked([strength]), Ridge(0.0), n, d, rng.spawn(_CHUNK))
    return {
        "recovery": [float(np.ravel(draw["recovery"].value)[0]) for draw in draws],
        "convergence": [float(draw["convergence"].value) for draw in draws],
    }


def _joined(
    places: Sequence[tuple[int, float, int]], found: Sequence[Result]
) -> dict[tuple[int, float], Draws]:
    parts: dict[tuple[int, float], list[Result]] = {}
    for (d, window, _), result in zip(places, found, strict=True):
        parts.setdefault((d, window), []).append(result)
    return {
        at: Draws(*(np.concatenate([one[name] for one in several]) for name in Draws.names()))
        for at, several in parts.items()
    }


def _text(settings: Settings) -> str:
    return json.dumps(asdict(settings))


def _six(value: Any) -> float:
    return float(f"{float(value):.6g}")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the study and keep its numbers."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--store", type=Path, help="a file in which finished draws are kept")
    parser.add_argument("--workers", type=int, default=1)
    given = parser.parse_args(arguments)
    settings = Settings()
    began = time.process_time()
    draws = study(settings, store=given.store, workers=given.workers)
    found = results_of(settings, draws)
    lines = ",\n".join("  " + json.dumps(row) for row in found.pop("table"))
    text = json.dumps(found, indent=1).removesuffix("\n}") + f',\n "table": [\n{lines}\n ]\n}}\n'
    RESULTS.write_text(text, encoding="utf-8")
    print(f"{time.process_time() - began:.0f} s of this process", file=sys.stderr)
    return 0


if __name__ == "__main__":
    sys.exit(main())
