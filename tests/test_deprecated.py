"""Names that will be removed still work, and say what to write instead."""

from __future__ import annotations

from pathlib import Path

import pytest

import twinseed as ts


def test_a_spectral_model_works_and_says_what_to_write() -> None:
    with pytest.warns(DeprecationWarning, match=r"write ts\.predict\(population, filter") as said:
        model = ts.SpectralModel(ts.Spiked([3.0]), ts.Ridge(0.1), n=200, d=100)
    assert Path(said[0].filename).name == Path(__file__).name
    assert (model.gamma, model.aspect_ratio) == (2.0, 0.5)
    assert model.effective_dimension == pytest.approx((99 + 4) ** 2 / (99 + 4**2))


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@pytest.mark.parametrize(("name", "value"), [("n", -3), ("d", 0.5), ("filter", 0.1)])
def test_its_arguments_are_checked(name: str, value: float) -> None:
    given = {"population": ts.Spiked([]), "filter": ts.Ridge(), "n": 5, "d": 5} | {name: value}
    with pytest.raises(ts.InputError, match=str(value)) as caught:
        ts.SpectralModel(**given)
    assert caught.value.argument == name
