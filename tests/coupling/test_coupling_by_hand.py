"""Small parts of the coupling by hand: each of these saw a fault that no wider test had noticed."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from scipy.integrate import quad

import twinseed as ts
from twinseed.coupling import conditional, density, information
from twinseed.coupling.cauchy import is_analytic


def test_the_density_knows_no_unit() -> None:
    spectrum, nodes = (np.array([1.0, 4.0]), np.full(2, 0.5)), np.array([0.5, 2.0, 6.0])
    small = (1e-9 * spectrum[0], spectrum[1])
    expected = density.on_axis(nodes, spectrum, 80.0, 40.0)
    found = density.on_axis(1e-9 * nodes, small, 80.0, 40.0)
    np.testing.assert_allclose(found, 1e-9 * expected, rtol=1e-6)


class Late(ts.Filter):
    """Declared analytic, but cut off at an eigenvalue of 20,000."""

    analytic = True

    def __call__(self, eigenvalues: Any) -> Any:
        return np.where(np.real(eigenvalues) > 2e4, np.sqrt(eigenvalues), 0.0)

    @property
    def parameters(self) -> dict[str, float]:
        return {}

    @classmethod
    def examples(cls) -> list[Late]:
        return [cls()]


def test_a_filter_is_examined_where_the_spectrum_lies() -> None:
    with pytest.raises(ts.InputError, match="Cauchy's formula gives wrong values"):
        ts.predict(ts.Atoms([1e4]), Late(), gamma=2.0)


def test_a_single_level_knows_no_unit() -> None:
    one = ts.predict(ts.Atoms([1.0]), ts.Ridge(0.1), n=100, d=80)
    four = ts.predict(ts.Atoms([4.0]), ts.Ridge(0.4), n=100, d=80)
    for name in ("convergence", "convergence_gap", "memorisation_share"):
        assert float(four[name]) == pytest.approx(float(one[name]), rel=1e-9)


def test_a_function_that_is_zero_is_analytic() -> None:
    assert is_analytic(lambda z: 0.0 * z)


def test_a_rank_of_half_the_directions_is_a_threshold_at_the_median() -> None:
    """Of the Marchenko-Pastur law with c = 0.4, half the mass lies above the threshold."""
    values = np.array([1.0]), np.array([1.0])
    found = conditional._adapted_rank(ts.Truncation(rank=40), values, 200.0, 80.0)
    low, high = (1.0 - np.sqrt(0.4)) ** 2, (1.0 + np.sqrt(0.4)) ** 2

    def law(x: float) -> float:
        return float(np.sqrt((high - x) * (x - low)) / (0.8 * np.pi * x))

    assert low < found.parameters["threshold"] < high
    above = quad(law, found.parameters["threshold"], high)[0]
    assert above == pytest.approx(0.5, rel=1e-6)


@pytest.mark.parametrize("angles", [(0.0, 0.5), (0.5, 0.0)])
def test_a_phase_that_does_not_end_on_the_axis_tells_nothing(angles: tuple[float, float]) -> None:
    """A filter is real on the axis, where the contour begins and ends."""
    around = SimpleNamespace(zero=0.0, z=np.array([0.5 + 0j, 2.0 + 0j]), mean=lambda *_: np.ones(1))
    spectrum = np.ones(1), np.ones(1)
    values = np.exp(1j * np.array(angles))
    found = information.along_contour(around, values, 1.0, spectrum)  # type: ignore[arg-type]
    assert np.isnan([found.log_square, found.precision]).all()
    flat = information.along_contour(around, 1.0 + 0j * values, 1.0, spectrum)  # type: ignore[arg-type]
    assert np.isfinite([flat.log_square, flat.precision]).all()
