"""Small readouts for the skins: predictions, and predictions with noise in place of simulations."""

from __future__ import annotations

import math
from collections.abc import Mapping
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np

import twinseed as ts
from twinseed import readout
from twinseed.readout import VARIABLES, Estimate
from twinseed.reproduction import Claim, Reproduction

if TYPE_CHECKING:
    import xarray as xr


NAN = math.nan
CLAIMS = (
    Claim("q", "q is .72 at <n> = d.", 0.7205, 0.7183, 0.7167, 0.7211, 0.005, "of order", "drawn"),
    Claim("copies", "Copies are seen.", 1.0, 1.0, 1.0, 1.0, 1e-9, "", "control"),
    Claim("wrong", "A wrong one.", 2.0, 1.0, 0.9, 1.2, 0.01, "", "drawn"),
    Claim("lost", "One without a number.", 0.4, NAN, NAN, NAN, 0.02, "why", "control"),
    Claim("few", "One of few draws.", 33.0, 35.0, 25.0, 51.0, 0.5, "", "rows"),
    Claim("near", "One nearby.", 0.61, 0.64, 0.62, 0.66, 0.0, "none", "rows"),
    Claim("off", "A low one.", 0.15, 0.17, 0.165, 0.175, 0.03, "law", "rows", "at most"),
    Claim("low", "A bound.", 7.0, 8.0, 7.8, 8.2, 0.0, "", "rows", "at least"),
)  # fmt: skip
"""Claims that agree and claims that do not, no two numbers equal."""


def noisy(prediction: xr.Dataset, rng: np.random.Generator, se: float = 0.01) -> xr.Dataset:
    """Return the prediction with noise of one standard error, as a simulation would be."""
    drawn = prediction.copy(deep=True)
    for name in VARIABLES:
        finite = np.isfinite(prediction[name].values)
        shape = prediction[name].shape
        noise = se * rng.standard_normal(shape)
        drawn[name] = prediction[name] + np.where(finite, noise, 0.0)
        drawn[f"{name}_se"] = prediction[name].dims, np.where(finite, se, np.nan)
    drawn.attrs["source"] = "simulate"
    return readout.check(drawn)


def measured(n: list[int], rng: np.random.Generator, **changes: Any) -> xr.Dataset:
    """Return a readout over n such as real data give: every variable with a value and a bar."""
    rows = np.asarray(n, dtype=np.float64)
    factors = changes.pop("factors", [9.0, 4.0, 2.0])
    by_factor = rows[:, None] / (rows[:, None] + [30.0, 60.0, 90.0])
    values: Mapping[str, Any] = {
        "memorisation": 0.9 - 0.1 * rows / rows.max(),
        "memorisation_ratio": 1.0 + 4.0 / rows,
        "memorisation_share": 0.5 + 4.0 / rows,
        "memorisation_share_euclidean": 0.5 + 3.0 / rows,
        "convergence": rows / (rows + 10.0),
        "convergence_null": np.zeros(rows.size),
        "recovery": by_factor,
        "recovery_twins": by_factor,
        **changes,
    }
    shifted = {
        name: value + 0.005 * rng.standard_normal(np.shape(value)) for name, value in values.items()
    }
    # The first two directions were measured together, as nearly equal eigenvalues are.
    shifted["recovery"][:, :2] = shifted["recovery"][:, :1]
    estimates = {name: Estimate(value, 0.01) for name, value in shifted.items()}
    return readout.make(
        estimates,
        source="measure",
        coords={"n": ("n", rows), "d": 64.0, "gamma": ("n", rows / 64.0)},
        dims={"n": rows.size},
        factors=factors,
    )


@cache
def small_readouts() -> Mapping[str, xr.Dataset]:
    """Return readouts under the names that the main job uses, small and quick to make."""
    rng = np.random.default_rng(0)
    dense, sparse = np.geomspace(0.1, 10, 61), np.geomspace(0.1, 10, 7)
    ridges = [ts.Ridge(0), ts.Ridge(0.1), ts.Ridge(1)]
    made: dict[str, xr.Dataset] = {}
    load = ts.Spiked([3.0, 1.0])
    made["theory_load"] = ts.predict(load, ridges, d=[100, 400], gamma=dense)
    for d in (100, 400):
        made[f"simulated_load_d{d}"] = noisy(ts.predict(load, ridges, d=d, gamma=sparse), rng)
    no_ridge = [ts.Ridge(0)]
    for strength in ("0.7", "1.5", "3"):
        one = ts.Spiked([float(strength)])
        fine = np.union1d(dense, float(strength) ** -2.0)
        made[f"blind_theory_{strength}"] = ts.predict(one, gamma=fine)
        drawn = ts.predict(one, no_ridge, d=400, gamma=sparse)
        made[f"blind_simulated_{strength}"] = noisy(drawn, rng)
    for exponent in ("0.5", "1", "1.5"):
        heavy = ts.PowerLaw(float(exponent), 200)
        made[f"power_law_theory_{exponent}"] = ts.predict(heavy, gamma=dense)
        drawn = ts.predict(heavy, no_ridge, gamma=sparse)
        made[f"power_law_simulated_{exponent}"] = noisy(drawn, rng)
    path = [ts.Ridge(r) for r in np.linspace(0, 2, 81)]
    for load_text in ("2", "5", "10"):
        plain, gamma = ts.Spiked([]), float(load_text)
        made[f"ridge_path_theory_{load_text}"] = ts.predict(plain, path, d=200, gamma=gamma)
        few = ts.predict(plain, path[::8], n=[round(200 * gamma)], d=200)
        made[f"ridge_path_simulated_{load_text}"] = noisy(few, rng, 0.0005)
    sizes = [30, 100, 300, 800]
    for kind in ("measured", "predicted", "gaussian"):
        made[f"digits_{kind}"] = measured(sizes, rng)
    made["control_memoriser"] = measured([300], rng, memorisation_share=np.ones(1))
    made["control_fresh"] = measured([300], rng)
    return made


def small_reproduction(**changes: Any) -> Reproduction:
    """Return what the main job hands on, from small readouts, with two claims and a strip."""
    rng = np.random.default_rng(1)
    claims = (
        Claim("q(1)", "q is 0.7205 at n = d.", 0.7205, 0.7183, 0.7167, 0.72, 0.005, "1/d", "drawn"),
        Claim("copies", "Copies are seen.", 1.0, 1.0, 1.0, 1.0, 1e-9, "rounding", "control"),
    )
    parts: dict[str, Any] = {
        "readouts": dict(small_readouts()),
        "claims": claims,
        "pictures": {
            "strip": rng.uniform(0, 16, (5, 4, 3, 8, 8)),
            "sizes": np.array([20.0, 50.0, 150.0, 400.0, 800.0]),
        },
        "settings": {"quick": True, "entropy": [0], "sizes": {"loads": (0.1, 1.0), "d": 400}},
    }
    return Reproduction(**{**parts, **changes})
