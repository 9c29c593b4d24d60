"""The theory against reference values: 20 digits by other routes, and figures from the literature.

``make_values.py`` beside this file made values.json and states the equations.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import ArrayLike

import twinseed as ts
from twinseed.coupling import marchenko_pastur
from twinseed.coupling.quadrature import ridge_conditional

VALUES = json.loads(Path(__file__).with_name("values.json").read_text())

# q of the identity bulk at ridge 0, .1, 1; Marchenko-Pastur law, Maillard and Goldt's definition
GOLDEN = {
    0.1: (0.09748375932816, 0.3256041603527, 0.7542561897705),
    0.5: (0.4350574233094, 0.6408861078324, 0.9015232217677),
    1.0: (0.72050619479, 0.7966105006648, 0.9444002528778),
    2.0: (0.8701148466188, 0.8965673342332, 0.9704799587067),
    5.0: (0.9493230646573, 0.9586115114398, 0.9877752954349),
    10.0: (0.9748375932816, 0.979319678251, 0.9938186129461),
}


def convergence(gamma: ArrayLike, ridge: float = 0.0) -> Any:
    """q of the identity bulk: the square of the mean root, over the energy."""
    return marchenko_pastur.mean_root(gamma, ridge) ** 2 / (1.0 + ridge)


@pytest.mark.parametrize("row", VALUES["convergence"], ids=lambda r: f"{r['gamma']}-{r['ridge']}")
def test_convergence_has_ten_digits_and_its_gap_eight(row: dict[str, str]) -> None:
    gamma, ridge = float(row["gamma"]), float(row["ridge"])
    q, gap = float(row["q"]), float(row["gap"])
    assert abs(float(convergence(gamma, ridge)) / q - 1) < 1e-12
    assert abs(float(marchenko_pastur.convergence_gap(gamma, ridge)) / gap - 1) < 1e-11


@pytest.mark.parametrize(
    "row",
    VALUES["conditional"],
    ids=lambda r: f"{r['spectrum']}-{r['gamma']}-{r['ridge']}",
)
def test_wide_spectra_have_twelve_digits(row: dict[str, object]) -> None:
    mu, weights = np.array(row["values"], float), np.array(row["weights"], float)
    found = ridge_conditional(mu, (mu, weights), float(row["gamma"]), 1.0, float(row["ridge"]))
    np.testing.assert_allclose(found.value, np.array(row["mean_root"], float), rtol=1e-12)
    np.testing.assert_allclose(found.shortfall, np.array(row["shortfall"], float), rtol=1e-11)


@pytest.mark.parametrize("gamma", GOLDEN)
def test_identity_bulk_through_predict(gamma: float) -> None:
    readout = ts.predict(ts.Spiked([]), [ts.Ridge(r) for r in (0.0, 0.1, 1.0)], gamma=gamma)
    np.testing.assert_allclose(readout.convergence, GOLDEN[gamma], rtol=1e-11)


def test_closed_forms_without_ridge() -> None:
    gamma = np.array([1e-4, 0.03, 0.7, 1.0, 4.0, 1e3])
    q = convergence(gamma)
    np.testing.assert_allclose(convergence(1 / gamma) * gamma, q, rtol=1e-13)
    assert abs(q[3] / (64 / (9 * np.pi**2)) - 1) < 1e-15
    assert abs(float(marchenko_pastur.convergence_gap(1e8)) * 4e8 - 1) < 1e-7
    assert abs(float(convergence(1e-8)) / 1e-8 - 1) < 1e-7


@pytest.mark.parametrize(
    ("exponent", "n", "expected"),
    [
        (1.0, 100, 0.5751),
        (1.0, 500, 0.8784),
        (1.0, 2500, 0.9773),
        (1.5, 100, 0.8743),
        (1.5, 500, 0.9693),
    ],
)
def test_power_laws(exponent: float, n: int, expected: float) -> None:
    readout = ts.predict(ts.PowerLaw(exponent, 500), n=n)
    # the limit, less what the diagonal of S adds to the gap at this n
    assert abs(float(readout.convergence) - expected * (1.0 - 1.0 / (4.0 * n))) < 5.1e-5


def test_mean_cosine() -> None:
    heavy = ts.predict(ts.PowerLaw(1.0, 1000), n=100)
    assert abs(float(heavy.convergence_cosine) - 0.4768) < 5e-5
    few = ts.predict(ts.Spiked([]), ts.Ridge(1.0), n=[1, 10, 40], d=400)
    np.testing.assert_allclose(few.convergence_cosine, [0.667, 0.659, 0.758], atol=5e-4)


@pytest.mark.parametrize(
    ("n", "ridge", "expected"),
    [(3, 0, 0.831), (10, 0, 0.613), (40, 0.3, 0.355), (400, 0, 0.2220), (4000, 0, 0.197)],
)
def test_memorisation_of_the_identity(n: int, ridge: float, expected: float) -> None:
    """Simulated values, with an error of about .001."""
    readout = ts.predict(ts.Spiked([]), ts.Ridge(ridge), n=n, d=400)
    assert abs(float(readout.memorisation) - expected) < 1.5e-3


@pytest.mark.parametrize(
    ("n", "by_cosine", "by_distance"),
    [(100, 0.998, 0.974), (400, 0.909, 0.803), (2000, 0.645, 0.589)],
)
def test_shares_of_the_identity(n: int, by_cosine: float, by_distance: float) -> None:
    """Simulated values, with an error of about .004."""
    readout = ts.predict(ts.Spiked([]), n=n, d=200)
    assert abs(float(readout.memorisation_share) - by_cosine) < 0.01
    assert abs(float(readout.memorisation_share_euclidean) - by_distance) < 0.01


def test_memorisation_ratio_has_no_free_constant() -> None:
    readout = ts.predict(ts.PowerLaw(0.5, 500), n=500)
    mu = ts.PowerLaw(0.5, 500).eigenvalues(500)
    effective = mu.sum() ** 2 / (mu**2).sum()
    assert abs(float(readout.memorisation_ratio) / np.sqrt(1 + effective / 500) - 1) < 0.01
    # simulated: 1.261; the limit alone says 1.246
    assert float(readout.memorisation_ratio.round(3)) == 1.253


@pytest.mark.parametrize(
    ("strength", "gamma", "expected"),
    [(2.0, 1.0, 0.5), (1.0, 5.0, 2 / 3), (3.0, 0.5, 0.4667), (1.2, 2.0, 0.461), (0.5, 1.0, 0.0)],
)
def test_recovery_of_a_spike(strength: float, gamma: float, expected: float) -> None:
    readout = ts.predict(ts.Spiked([strength]), gamma=gamma)
    assert abs(readout.recovery.item() - expected) < 5e-4


def test_recovery_of_power_law_eigenvectors() -> None:
    found = ts.predict(ts.PowerLaw(1.0, 500), n=100).recovery.values[:4]
    np.testing.assert_allclose(found, [0.921, 0.801, 0.638, 0.433], atol=6e-4)


def test_distance_along_the_ridge() -> None:
    readout = ts.predict(ts.Spiked([]), [ts.Ridge(0.0), ts.Ridge(1.0)], gamma=10.0)
    np.testing.assert_allclose(readout.wasserstein, [0.0253, 0.180], atol=5e-4)
    # without ridge the distance is convergence in disguise: 2 (1 - sqrt q)
    q = float(readout.convergence[0])
    assert abs(float(readout.wasserstein[0]) - 2 * (1 - np.sqrt(q))) < 1e-14
