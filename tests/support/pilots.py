"""Pilots with two factors, and quick plans from them."""

from __future__ import annotations

from typing import Any

import numpy as np
import scipy.linalg
from numpy.typing import NDArray

import twinseed as ts
from twinseed.planning import Plan

TRUTH = ts.Spiked([20.0, 6.0])
ROWS, D = 80, 100
VARIED = ("convergence", "recovery", "memorisation_ratio", "memorisation_share")


def pilot(n: int = ROWS, d: int = D, seed: int = 0) -> NDArray[np.float64]:
    return TRUTH.sample(n, d, np.random.default_rng(seed))


def planned(rows: NDArray[np.float64], **further: Any) -> Plan:
    """Plan quickly; without calibration unless splits are asked for."""
    return ts.plan(rows, **{"resamples": 10, "splits": 0, "progress": False, **further})


def gap(a: NDArray[np.float64], b: NDArray[np.float64], mean: bool = True) -> float:
    """``1 - q`` of two linear models, by the roots of their covariances."""
    one, other = (
        scipy.linalg.sqrtm(np.cov(rows, rowvar=False) if mean else rows.T @ rows / len(rows)).real
        for rows in (a, b)
    )
    return 1.0 - 2.0 * np.vdot(one, other) / (np.vdot(one, one) + np.vdot(other, other))
