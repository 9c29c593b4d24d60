"""Small parts of the populations by hand: each saw a fault that no wider test had noticed."""

from __future__ import annotations

import numpy as np

import twinseed as ts
from twinseed.populations import Estimated
from twinseed.populations._sample import sample_spectrum


def test_a_population_is_shown_as_it_is_called() -> None:
    assert repr(ts.PowerLaw(1.5, 80)).startswith("PowerLaw(")
    assert "1.5" in repr(ts.PowerLaw(1.5, 80))
    assert "PowerLaw'" not in repr(ts.PowerLaw(1.5, 80))


def test_values_alone_say_nothing_about_rows() -> None:
    estimate = Estimated([1.0, 2.0])
    assert (estimate.constant_columns, estimate.degrees, estimate.detectable) == (0, None, None)
    assert estimate.factors.size == 0


def test_a_pilot_gives_its_mean_unless_it_is_known() -> None:
    rows = np.random.default_rng(0).standard_normal((9, 4))
    assert sample_spectrum(rows).degrees == 8
    assert sample_spectrum(rows, known_mean=True).degrees == 9


def test_a_column_of_one_value_is_constant_about_a_known_mean_if_it_is_zero() -> None:
    rows = np.random.default_rng(0).standard_normal((9, 4))
    rows[:, 3] = 0.0
    assert sample_spectrum(rows, known_mean=True).constant_columns == 1
    rows[:, 3] = 2.0
    assert sample_spectrum(rows, known_mean=True).constant_columns == 0
    assert sample_spectrum(rows).constant_columns == 1
