"""What child processes do: simulate, read an upload, plan, and audit, by the verbs."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from tempfile import gettempdir
from typing import TYPE_CHECKING, Any

import twinseed as ts
from twinseed.auditing.page import audit_page
from twinseed.data.shapes import sides_of
from twinseed.jsonable import as_json
from twinseed.planning.plan import plan as planned
from twinseed.readers import Table, load, load_roles
from twinseed.verbs.measure import measure as measure  # loaded once, before children fork
from twinseed.verbs.simulate import simulate as simulated

if TYPE_CHECKING:
    from twinseed.explore.children import Send
    from twinseed.filters import Filter
    from twinseed.populations import Population
    from twinseed.readout import Readout

__all__ = ["audit", "plan", "read", "simulate"]

_CURVES = ("convergence", "memorisation_share")
_STEP = 1.02
_LIMIT = 1 << 30
"""Bytes that an upload may unpack to."""


def simulate(
    send: Send,
    population: Population,
    filter: Filter,
    n: list[int],
    d: int | None,
    replicates: int,
    seed: int,
) -> None:
    """Simulate with two replicates, then with more and more; send the means each time."""
    store = Path(gettempdir()) / "draws.sqlite"
    done = 2
    while True:
        found = simulated(
            population, filter, n=n, d=d, replicates=done, rng=seed, store=store, progress=False
        )
        for place, size in enumerate(n):
            send("mean", {"n": size, "replicates": done, **_means(found.isel(n=place))})
        if done >= replicates:
            break
        done = min(replicates, max(done + 1, round(done * _STEP)))
    send("end", {"reason": "finished", "replicates": done})


def _means(found: Readout) -> dict[str, Any]:
    told: dict[str, Any] = {
        name: [float(found[name]), float(found[f"{name}_se"])] for name in _CURVES
    }
    told["recovery"] = {
        str(int(k)): [
            float(found.recovery.sel(factor=k)),
            float(found.recovery_se.sel(factor=k)),
        ]
        for k in found.factor.values[:6]
    }
    cleaned: dict[str, Any] = as_json(told)
    return cleaned


def read(send: Send, path: str) -> None:
    """Read an upload once, to say what it holds."""
    found = load(path, limit=_LIMIT)
    if isinstance(found, Table):
        rows = len(found.columns[0]) if found.columns else 0
        told = {"rows": rows, "columns": len(found.columns), "image": [], "table": True}
        notes = list(found.notes)
    else:
        shape = found.shape
        rows = int(shape[0]) if shape else 0
        columns = int(found.size // max(rows, 1))
        image: list[int] = []
        if found.ndim > 2:
            down, across = sides_of(tuple(shape[1:])) if found.ndim < 5 else (0, 1)
            image = [int(shape[1 + down]), int(shape[1 + across])]
        told = {"rows": rows, "columns": columns, "image": image, "table": False}
        notes = list(load_roles({"path": path}, limit=_LIMIT).notes)
    send("result", {**told, "notes": [one.removeprefix("path: ") for one in notes]})


def plan(
    send: Send,
    path: str,
    filter: Filter,
    convergence: float | None,
    recovery: float | None,
    factor: int,
) -> None:
    """Plan from an upload: the bands along n, the table, the targets and what the pilot says."""
    found = planned(load(path, limit=_LIMIT), filter=filter, rng=0, progress=_Steps(send, "plan"))
    from twinseed.planning.page import drawn_bands

    bands = drawn_bands(found)
    curves: dict[str, Any] = {}
    for name, one in bands.items():
        parts = {part: getattr(one, part) for part in ("value", "low", "high", "status")}
        if name == "recovery":
            curves[name] = {
                str(k + 1): {part: value[:, k].tolist() for part, value in parts.items()}
                for k in range(min(6, parts["value"].shape[1]))
            }
        else:
            curves[name] = {part: value.tolist() for part, value in parts.items()}
    targets = []
    if convergence is not None:
        targets.append(found.samples_for(convergence=convergence))
    if recovery is not None:
        targets.append(found.samples_for(recovery=recovery, factor=factor))
    header, *rows = found.table()
    names = [one.replace("x pilot", "times_pilot") for one in header]
    told = {
        "n": bands["convergence"].n.astype(int).tolist(),
        "pilot": {"rows": found.pilot_rows, "columns": found.d},
        "factors": found.population.factors.tolist()[:6],
        **curves,
        "table": [dict(zip(names, row, strict=True)) for row in rows],
        "header": list(header),
        "targets": [
            {
                "name": one.name,
                "target": one.target,
                "factor": one.factor,
                "n": one.value,
                "low": one.low,
                "high": one.high,
                "status": str(one.status),
                "words": f"{one.words}: {one} training rows",
            }
            for one in targets
        ],
        "sentences": [*found.method(), *found.limits()],
    }
    send("result", as_json(told))


def audit(send: Send, paths: Mapping[str, str]) -> None:
    """Audit uploads, as the command line does; send the page and the verdicts."""
    send("progress", {"stage": "reading the files", "share": 0.0})
    found = load_roles(dict(paths), limit=_LIMIT)
    rows: dict[str, Any] = {"samples_b": None} | dict(found)
    twins = ts.Twins(**rows)
    told = ts.audit(twins=twins, rng=0, progress=_Steps(send, "audit"))
    told = told.with_notes(found.notes)
    send("progress", {"stage": "drawing the page", "share": 1.0})
    page = audit_page(told)
    summary = [
        {"question": question, "verdict": str(outcome), "sentence": told.verdict[question]}
        for question, outcome in told.outcome.items()
    ]
    send("result", {"page": page, "summary": summary, "notes": list(found.notes)})


class _Steps:
    """Sends the share of steps that are done."""

    def __init__(self, send: Send, stage: str) -> None:
        self._send = send
        self._stage = stage
        self._total = 0
        self._done = 0

    def begin(self, total: int, label: str) -> None:
        """Be told how many steps there are."""
        self._total, self._stage, self._done = total, label, 0

    def __call__(self, steps: int) -> None:
        """Count steps as done."""
        self._done += steps
        share = min(1.0, self._done / self._total) if self._total else None
        self._send("progress", {"stage": self._stage, "share": share})
