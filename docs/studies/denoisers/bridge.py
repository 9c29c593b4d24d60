"""The bridge: a linear denoiser trained by gradient descent, against the theory of `predict`.

Usage, from the root of the repository:

    python -m docs.studies.denoisers.bridge [--store FILE] [--workers 2]

Twins with a matrix at each noise level are trained from zero by full-batch gradient descent on
Gaussian rows with one factor, sampled from shared noise, and measured by the estimators of
``twinseed.orders``. Two sweeps: over n, trained to the end, and over training time at two n. Beside
each mean over the pairs stand `predict`'s number for the filter that the training amounts to, and
a simulation of that filter at the same n and d, which has no network and no training in it: it
tells what a finite size does to a formula that is exact in the limit from what training does.

The rows have a known mean of zero and none is taken off, as `predict` has it: taking off a mean
would cost one row of n. Recovery is of the models' own leading direction, as `simulate` has it: a
trained sampler is linear, so that what it makes of the identity is its matrix.

Interrupted, the same command goes on from what the store has. The numbers go to
results/bridge.json.

Source: Wang, Zavatone-Veth and Pehlevan, arXiv 2602.02908 (linear denoisers, early stopping).
"""

from __future__ import annotations

import argparse
import math
import time as clock
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch
from docs.studies import pages

from twinseed import __version__, predict, simulate
from twinseed.arrays import Array
from twinseed.data.twins import Twins
from twinseed.denoise import NoiseLevels
from twinseed.denoise.bridge import descend, linear_bank, linear_flow
from twinseed.filters import EarlyStopping, Filter, Heun, ProbabilityFlow, Ridge
from twinseed.generators.flow import DenoiserFlow
from twinseed.orders import convergence, memorisation, recovery
from twinseed.populations import Spiked
from twinseed.simulation import Dense
from twinseed.sweep import Cell, Job, Result, Store, run

__all__ = ["PLAN", "BridgePlan", "larger", "study", "trained"]

_ENTROPY = (0,)
_REVISION = 1
"""Rises when the same description gives other numbers."""
_CHUNK = 10
"""Pairs of one cell of the sweep."""

VARIABLES = ("convergence", "memorisation", "recovery")


@dataclass(frozen=True)
class BridgePlan:
    """What is trained: ``sizes`` to the end, ``stopped_sizes`` up to each of ``times`` (rising)."""

    d: int = 100
    strength: float = 4.0
    sizes: tuple[int, ...] = (25, 50, 100, 200, 400, 800)
    stopped_sizes: tuple[int, ...] = (50, 400)
    times: tuple[float, ...] = (0.1, 0.3, 1.0, 3.0, 10.0)
    end: float = 24.0
    """The training time of the first sweep: ``exp(-end (lambda + sigma^2)) lambda/(lambda +
    sigma^2)``, what a weight is still short of, is below 2e-4 at every level."""
    rate: float = 0.08
    """Of the descent, at most: it diverges from ``2/(lambda_max + sigma_max^2)``, about 0.13."""
    sigma_min: float = 0.5
    sigma_max: float = 2.0
    sampler_steps: int = 8
    pairs: int = 40
    seeds: int = 64
    simulated: int = 160
    """Pairs of the simulation at the same size."""
    curve: int = 25
    """Points of each line of theory."""

    @property
    def levels(self) -> NoiseLevels:
        """The noise levels of training and sampling."""
        return NoiseLevels(self.sigma_min, self.sigma_max)

    @property
    def sampler(self) -> Heun:
        """How the trained flow is cut into steps."""
        return Heun(self.sampler_steps)

    @property
    def population(self) -> Spiked:
        """The law of the rows."""
        return Spiked([self.strength])

    def filter(self, time: float | None) -> Filter:
        """Return the filter that training up to a time amounts to; None is to the end."""
        if time is None:
            return ProbabilityFlow(self.sigma_min, self.sigma_max, sampler=self.sampler)
        return EarlyStopping(time, self.sigma_min, self.sigma_max)

    def description(self) -> Mapping[str, Any]:
        """Return what a pair's numbers depend on, ready for JSON; not the sizes nor the pairs."""
        return {
            name: value
            for name, value in asdict(self).items()
            if name not in {"sizes", "stopped_sizes", "times", "pairs", "simulated", "curve"}
        }


PLAN = BridgePlan()


def trained(rows: Array, plan: BridgePlan, times: Sequence[float]) -> Iterator[DenoiserFlow]:
    """Train one bank on rows (n, d) and yield its sampler at each of the rising times.

    Steps are of ``plan.rate`` at most, and of a hundredth of the time that they lead to where that
    is less, so that an early stop is close to gradient flow: the part ``exp(-x)`` that is still to
    be learnt is off by ``x^2/200`` of itself.
    """
    bank = linear_bank(rows.shape[1], plan.levels, plan.sampler)
    passed = 0.0
    for time in times:
        steps = math.ceil((time - passed) / min(plan.rate, time / 100.0) - 1e-9)
        rate = (time - passed) / steps
        for _ in descend(bank, rows, rate=rate, steps=steps, report_every=steps):
            pass
        passed = time
        yield linear_flow(bank, plan.sampler)


def pair(
    plan: BridgePlan, n: int, times: Sequence[float], rng: np.random.Generator
) -> dict[str, list[float]]:
    """Train one pair of twins and measure it at each time; one number a time for each variable."""
    torch.set_num_threads(1)
    train_a, train_b = (plan.population.sample(n, plan.d, rng) for _ in range(2))
    noise = rng.standard_normal((plan.seeds, plan.d))
    found: dict[str, list[float]] = {name: [] for name in VARIABLES}
    both = zip(trained(train_a, plan, times), trained(train_b, plan, times), strict=True)
    for a, b in both:
        twins = Twins(a.sample(noise), b.sample(noise), train_a, train_b)
        estimates = {
            **convergence.from_twins(twins, 0, resamples=0),
            **memorisation.from_twins(twins, 0, resamples=0),
            **recovery.from_twins(
                twins,
                0,
                factors=1,
                truth=np.eye(plan.d, 1),
                eigenvalues=plan.population.factors,
                directions_a=_leading(a, plan.d),
                directions_b=_leading(b, plan.d),
                resamples=0,
            ),
        }
        for name in VARIABLES:
            found[name].append(float(np.ravel(estimates[name].value)[0]))
    return found


def _leading(model: DenoiserFlow, d: int) -> Array:
    """Return the direction in which a trained sampler makes the most variance, (d, 1)."""
    return np.linalg.svd(model.sample(np.eye(d)))[2][:1].T


def _chunk(
    plan: BridgePlan, n: int, times: Sequence[float], count: int, rng: np.random.Generator
) -> Result:
    each = [pair(plan, n, times, one) for one in rng.spawn(count)]
    return {
        f"{name} {place}": [one[name][place] for one in each]
        for name in VARIABLES
        for place in range(len(times))
    }


def study(
    plan: BridgePlan, *, store: Path | None = None, workers: int = 1, seed: int = 0
) -> dict[str, Any]:
    """Train every pair; return the points of both sweeps, and the lines of theory, for JSON."""
    sweeps: list[tuple[int, tuple[float | None, ...]]] = [(n, (None,)) for n in plan.sizes]
    sweeps += [(n, plan.times) for n in plan.stopped_sizes]
    cells, homes = [], []
    for place, (n, times) in enumerate(sweeps):
        until = [plan.end if time is None else time for time in times]
        for start in range(0, plan.pairs, _CHUNK):
            count = min(_CHUNK, plan.pairs - start)
            about = {"n": n, "times": until, "start": start, "count": count}
            cells.append(Cell(partial(_chunk, plan, n, until, count), about))
            homes.append(place)
    job = Job("bridge", f"{__version__}/{_REVISION}", (*_ENTROPY, seed), plan.description())
    if store is None:
        results = run(job, cells, workers=workers)
    else:
        store.parent.mkdir(parents=True, exist_ok=True)
        with Store(store, job) as kept:
            results = run(job, cells, store=kept, workers=workers)
    points = []
    for place, (n, times) in enumerate(sweeps):
        own = [found for home, found in zip(homes, results, strict=True) if home == place]
        for at, time in enumerate(times):
            values = {
                name: np.concatenate([np.ravel(one[f"{name} {at}"]) for one in own])
                for name in VARIABLES
            }
            points.append(_point(plan, n, time, values, workers, seed))
    return {
        "plan": asdict(plan),
        "points": points,
        "beyond 3 standard errors": _beyond(points),
        "theory over n": _over_n(plan),
        "theory over time": [_over_time(plan, n) for n in plan.stopped_sizes],
    }


def _point(
    plan: BridgePlan,
    n: int,
    time: float | None,
    values: Mapping[str, Array],
    workers: int,
    seed: int,
) -> dict[str, Any]:
    expected = _theory(plan, plan.filter(time), n)
    ridge = None if time is None else _theory(plan, Ridge(1.0 / time), n)
    same = simulate(
        plan.population,
        plan.filter(time),
        n=n,
        d=plan.d,
        replicates=plan.simulated,
        rng=seed + 1,
        workers=workers,
        progress=False,
    )
    point: dict[str, Any] = {"n": n, "time": time, "pairs": plan.pairs}
    for name in VARIABLES:
        mean = float(values[name].mean())
        se = float(values[name].std(ddof=1)) / math.sqrt(plan.pairs)
        drawn, drawn_se = (float(np.ravel(same[key].values)[0]) for key in (name, f"{name}_se"))
        point[name] = {
            "mean": mean,
            "se": se,
            "predicted": expected[name],
            "z": (mean - expected[name]) / se,
            "simulated": drawn,
            "simulated_se": drawn_se,
            "z_simulated": (mean - drawn) / math.hypot(se, drawn_se),
            "z_of_simulation": (drawn - expected[name]) / drawn_se,
        }
        if ridge is not None:
            point[name]["ridge"] = ridge[name]
    return point


def larger(
    plan: BridgePlan, *, times: int = 4, pairs: int = 40, workers: int = 1, seed: int = 0
) -> list[dict[str, Any]]:
    """Simulate the filter of the end at ``times`` the d and n of two sizes, without any training.

    Where a formula is exact in the limit only, its difference from the simulation falls with d at a
    fixed n/d.
    """
    points = []
    for n in plan.stopped_sizes:
        size = {"n": times * n, "d": times * plan.d}
        same = simulate(
            plan.population,
            plan.filter(None),
            **size,
            replicates=pairs,
            rng=seed + 2,
            engine=Dense(wasserstein_limit=0),
            workers=workers,
            progress=False,
        )
        expected = _theory(replace(plan, d=times * plan.d), plan.filter(None), times * n)
        point: dict[str, Any] = {**size, "pairs": pairs}
        for name in VARIABLES:
            drawn, se = (float(np.ravel(same[key].values)[0]) for key in (name, f"{name}_se"))
            point[name] = {
                "simulated": drawn,
                "simulated_se": se,
                "predicted": expected[name],
                "z_of_simulation": (drawn - expected[name]) / se,
            }
        points.append(point)
    return points


def _beyond(points: Sequence[Mapping[str, Any]]) -> dict[str, list[dict[str, Any]]]:
    """Return the points whose mean is beyond 3 standard errors: of theory, of the simulation."""
    return {
        against: [
            {"n": point["n"], "time": point["time"], "variable": name, key: point[name][key]}
            for point in points
            for name in VARIABLES
            if abs(point[name][key]) > 3.0
        ]
        for against, key in (("predicted", "z"), ("simulated", "z_simulated"))
    }


def _theory(plan: BridgePlan, filter: Filter, n: int) -> dict[str, float]:
    found = predict(plan.population, filter, n=n, d=plan.d)
    return {name: float(np.ravel(found[name].values)[0]) for name in VARIABLES}


def _over_n(plan: BridgePlan) -> dict[str, list[float]]:
    n = np.unique(np.geomspace(min(plan.sizes), max(plan.sizes), plan.curve).round().astype(int))
    found = predict(plan.population, plan.filter(None), n=n, d=plan.d)
    lines = {name: np.ravel(found[name].values).tolist() for name in VARIABLES}
    return {"n": n.tolist(), **lines}


def _over_time(plan: BridgePlan, n: int) -> dict[str, Any]:
    times = np.geomspace(plan.times[0], plan.times[-1], plan.curve).tolist()

    def line(filters: Sequence[Filter]) -> dict[str, list[float]]:
        each = [_theory(plan, filter, n) for filter in filters]
        return {name: [one[name] for one in each] for name in VARIABLES}

    return {
        "n": n,
        "time": times,
        "early stopping": line([plan.filter(time) for time in times]),
        "ridge": line([Ridge(1.0 / time) for time in times]),
    }


def main() -> None:
    from docs.studies.denoisers.run import RESULTS

    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--store", type=Path, default=Path("denoiser-runs/bridge.sqlite"))
    parser.add_argument("--workers", type=int, default=2)
    given = parser.parse_args()
    began = clock.monotonic()
    found = study(PLAN, store=given.store, workers=given.workers)
    found["at a larger size"] = larger(PLAN, workers=given.workers)
    minutes = (clock.monotonic() - began) / 60
    kept = {**found, "machine": pages.machine(), "minutes of this call": minutes}
    pages.write(RESULTS / "bridge.json", kept)


if __name__ == "__main__":
    main()
