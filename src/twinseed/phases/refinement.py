"""The verb ``phase_diagram``: simulates up to a number of points, in a sweep that can resume."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from contextlib import ExitStack
from itertools import accumulate, islice
from pathlib import Path

from twinseed.checks import whole
from twinseed.phases.diagram import PhaseDiagram
from twinseed.phases.kept import KIND, VERSION, no_work
from twinseed.phases.plane import Plane
from twinseed.phases.tiles import ACROSS
from twinseed.progress import ShowProgress, track
from twinseed.randomness import RandomSource, entropy_of
from twinseed.sweep import Cell, Job, Result, Store, run

__all__ = ["phase_diagram"]


def phase_diagram(
    *,
    d: int = 10**6,
    gamma: tuple[float, float] = (0.03, 30.0),
    strength: tuple[float, float] = (0.1, 10.0),
    ridge: float = 0.0,
    memorisation: float = 2.0,
    convergence: float = 0.5,
    cells: int = 1000,
    replicates: int = 2,
    rng: RandomSource = 0,
    store: str | Path | None = None,
    cluster: str | None = None,
    workers: int = 1,
    progress: ShowProgress = None,
) -> PhaseDiagram:
    """Simulate the plane of load and strength of one factor: few points, sharp borders.

    Equation: twins ``x = f(S) z`` of data with covariance ``I + strength u u^T`` are drawn by
    ``Compressed`` at the centres of tiles. A tile is divided in three along an axis if it differs
    from a neighbour across this axis: in its region, or by more than a quarter in ``1/rho``, in
    corrected convergence or in recovery. Borders in theory: ``rho`` and convergence at their levels
    from ``predict``, and ``gamma = 1/strength^2`` (Baik, Ben Arous and Peche) for recovery.

    Range: ``gamma`` and ``strength`` are two numbers each, the ends of logarithmic axes. A point is
    memorised where the ratio rho is at least ``memorisation``, converged where the corrected
    convergence is at least ``convergence``, recovered where the overlap with the factor is at least
    twice the overlap of a factor at its threshold, which vanishes as d grows.

    Args:
        d: columns of the data, 100 to 10^12.
        gamma: least and largest load n/d.
        strength: least and largest variance of the factor over the unit bulk.
        ridge: strength of the ridge filter.
        memorisation: level of the memorisation ratio, above 1.
        convergence: level of the corrected convergence, below 1.
        cells: largest number of points to simulate, at least 81. With a store, a call with more
            points continues from the points of an earlier call.
        replicates: draws per point, at least 2.
        rng: a seed or a numpy generator. The same seed gives the same tiles and the same bits for
            any number of workers, and after any interruption.
        store: a file that keeps each point; the same call, run again, continues from the file, and
            ``PhaseDiagram.from_store`` draws it without simulating.
        cluster: the address of a Dask scheduler that is already running, instead of ``workers``.
        workers: processes on this machine.
        progress: True shows it on stderr, False does not, None does on a terminal; a function is
            called with the number of points done since its last call.

    Returns:
        A ``PhaseDiagram``: ``.save("x.html")`` (or .png, .svg, .nc), ``.readout()``, ``.areas``.

    Raises:
        InputError: an argument out of range.
        StoreError: the store cannot be written, or belongs to another plane, seed or version.

    Validity: Gaussian data with known mean. A region can be missed if no centre of the first 81
    tiles lies in it (a region thinner than a ninth of an axis).
    Source: Maillard and Goldt, arXiv 2605.21402 (the order parameters); Baik, Ben Arous and Peche,
    Ann. Probab. 33 (2005).

    >>> import twinseed as ts
    >>> diagram = ts.phase_diagram(d=10**4, ridge=0.3, cells=120)
    >>> len(diagram.tiles) <= 120, diagram.agreement > 0.9
    (True, True)

    See also: ``PhaseDiagram``, ``Compressed``, ``predict``.
    """
    plane = Plane.build(
        d=d,
        gamma=gamma,
        strength=strength,
        ridge=ridge,
        memorisation=memorisation,
        convergence=convergence,
        replicates=replicates,
    )
    total = whole("cells", cells, "pass how many points to simulate", at_least=ACROSS**2)
    whole("workers", workers, "pass the number of processes to use")
    job = Job(KIND, VERSION, entropy_of(rng), {"plane": plane.description()})
    with ExitStack() as stack:
        kept = stack.enter_context(Store(store, job)) if store is not None else None
        advance = stack.enter_context(track(total, KIND, progress)).advance
        left = total
        if kept is not None:
            run(job, [Cell(no_work, {"cells": total})], store=kept)

        def perform(groups: Sequence[Sequence[Cell]]) -> list[list[Result]]:
            nonlocal left
            ends = list(accumulate(len(group) for group in groups))
            groups = groups[: bisect_right(ends, left)]
            todo = [cell for group in groups for cell in group]
            left -= len(todo)
            found = iter(
                run(job, todo, store=kept, workers=workers, cluster=cluster, progress=advance)
            )
            return [list(islice(found, len(group))) for group in groups]

        return PhaseDiagram.refined(plane, job.entropy, perform)
