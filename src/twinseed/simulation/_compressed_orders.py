"""The order parameters of compressed twins, by the formulas that measure data."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from twinseed.orders.convergence import pairs
from twinseed.orders.recovery import factor_groups, overlaps
from twinseed.orders.theory.convergence import factor_correlation
from twinseed.populations import Spiked
from twinseed.readout import Estimate
from twinseed.simulation._closest import Rows
from twinseed.status import Status

__all__ = ["CompressedTwin", "agreement", "memorised", "not_converged", "recovered"]

Array = NDArray[np.float64]

_ROUGH_BELOW = 100.0
"""Effective dimension below which the drawn row lengths are a leading order."""


@dataclass(frozen=True)
class CompressedTwin:
    """One twin in its own coordinates; the first ones are shared with the other."""

    vectors: Array
    """Samples, then the directions of the factors (zero rows for those not learnt)."""
    learnt: int
    moments: Array
    """``x.S x`` and ``x.S^2 x`` of each sample, shape (seeds, 2)."""
    trace: float
    """``tr S``, the mean squared length of the training rows."""
    converged: bool


def agreement(
    x: Array, y: Array, noise: Array, at_zero: float, p: int, d: int
) -> dict[str, Estimate]:
    """Measure convergence by the formulas of ``orders.convergence``; row i of both: seed i."""
    sums = pairs(x, y)
    u, v = x[:, :p], y[:, :p]
    found = {
        "flow_distance": Estimate(2.0 * float(sums.gap.mean()) / d),
        "convergence_factor": factor_correlation(
            np.sum(u * v, axis=0), np.sum(u**2, axis=0), np.sum(v**2, axis=0)
        ),
    }
    if len(x) == 1:
        # one seed has no correlation over seeds
        absent = np.full(p, np.nan)
        found["convergence_factor"] = Estimate(absent, absent, Status.NOT_MEASURED)
    energy = float(sums.energy.sum())
    if energy == 0.0:
        names = ("", "_gap", "_cosine", "_null", "_chance", "_corrected")
        nothing = Estimate(np.nan, np.nan, Status.NOT_IDENTIFIABLE)
        return found | {f"convergence{name}": nothing for name in names}
    value = float(sums.product.sum()) / energy
    chance = at_zero**2 * float(np.sum(noise**2)) / energy
    found |= {
        "convergence": Estimate(value),
        "convergence_gap": Estimate(float(sums.gap.sum()) / energy),
        "convergence_cosine": Estimate(float(sums.cosine.mean())),
        "convergence_chance": Estimate(chance),
        "convergence_corrected": Estimate((value - chance) / (1.0 - chance)),
    }
    if len(x) > 1:
        null = float(sums.mismatched.sum()) / (len(x) - 1) / energy
        found["convergence_null"] = Estimate(null)
    return found


def recovered(factors: Array, v: Array, w: Array, d: int) -> dict[str, Estimate]:
    """Measure recovery by the formulas and the floors of ``orders.recovery``."""
    p = factors.size
    if p == 0:
        nothing = Estimate(np.empty(0), np.empty(0), np.empty(0, dtype=np.str_))
        none = Estimate(np.nan, np.nan, Status.NOT_IDENTIFIABLE)
        return {"recovery": nothing, "recovery_twins": nothing, "recovery_distance": none}
    groups = factor_groups(factors)
    sizes = np.repeat([g.stop - g.start for g in groups], [g.stop - g.start for g in groups])
    truth = np.eye(len(v), p)
    own = np.mean([overlaps(side, truth, groups) for side in (v, w)], axis=0)
    shared = np.zeros(p)
    between = np.sqrt(overlaps(v, w, factor_groups(factors[: w.shape[1]])))
    shared[: between.size] = between
    missed = [max(1.0 - float(np.sum(side[:p] ** 2)) / p, 0.0) for side in (v, w)]
    status = _floored(own, (sizes + 4) / d)
    unlearnt = bool(np.all(status == str(Status.BELOW_FLOOR)))
    return {
        "recovery": Estimate(own, np.zeros(p), status),
        "recovery_twins": Estimate(shared, np.zeros(p), _floored(shared, np.sqrt((sizes + 3) / d))),
        "recovery_distance": Estimate(
            float(np.mean(np.sqrt(missed))),
            status=Status.BELOW_FLOOR if unlearnt else Status.OK,
        ),
    }


def _floored(value: Array, floor: Array) -> NDArray[np.str_]:
    return np.where(value < floor, str(Status.BELOW_FLOOR), str(Status.OK))


def memorised(
    population: Spiked,
    a: CompressedTwin,
    b: CompressedTwin,
    n: int,
    d: int,
    rng: np.random.Generator,
) -> dict[str, Estimate]:
    """Draw memorisation from the lengths that the twins know."""
    factors, bulk = population.factors, population.bulk
    p = factors.size
    trace, squares = (float(np.sum(factors**k)) + bulk**k * (d - p) for k in (1, 2))
    effective = trace**2 / squares
    trained, heldout = [], []
    for model in (a, b):
        samples = model.vectors[: len(model.moments)]
        energy = np.sum(samples**2, axis=1)
        one, two, three = (
            bulk**k * energy + samples[:, :p] ** 2 @ (factors**k - bulk**k) for k in (1, 2, 3)
        )
        own, along, beyond = _ratio(one, energy), _ratio(two, one), _ratio(three, one)
        # what the rows vary in once the direction of the sample is taken out
        left = np.maximum(squares - 2.0 * beyond + along**2, np.finfo(float).tiny)
        rows = Rows(n, np.maximum((trace - along) ** 2 / left, 1.0), rng)
        heldout.append(rows.fresh(own, along, trace - along))
        own, along = _ratio(model.moments[:, 0], energy), _ratio(*model.moments.T[::-1])
        trained.append(rows.fitted(own, along, np.maximum(model.trace - along, 0.0)))
    status = Status.OK if effective >= _ROUGH_BELOW else Status.LEADING_ORDER
    near, far = float(np.mean(trained)), float(np.mean(heldout))
    ratio = Estimate(np.nan, np.nan, Status.NOT_IDENTIFIABLE)
    if far > 0:
        ratio = Estimate(near / far, status=status)
    return {
        "memorisation": Estimate(near, status=status),
        "memorisation_heldout": Estimate(far, status=status),
        "memorisation_ratio": ratio,
    }


def _ratio(top: Array, bottom: Array) -> Array:
    return np.divide(top, bottom, out=np.zeros_like(top), where=bottom > 0)


def not_converged(estimate: Estimate) -> Estimate:
    """Return the estimate with the status of one whose Krylov space was too small."""
    seen = np.isfinite(np.asarray(estimate.value))
    return replace(
        estimate, status=np.where(seen, str(Status.NOT_CONVERGED), np.asarray(estimate.status))
    )
