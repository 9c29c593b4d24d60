"""A store knows the code of filters and populations, and numpy's numbers are numbers there."""

from __future__ import annotations

import types
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Self

import numpy as np
import pytest

import twinseed as ts
from twinseed import populations
from twinseed.errors import InputError, ReadoutError
from twinseed.filters import Filter
from twinseed.identity import digest

SOURCE = """
import numpy as np
from twinseed.filters import Filter
from twinseed.populations import Spiked

class Soft(Filter):
    def __init__(self, threshold):
        self.threshold = threshold
    def __call__(self, eigenvalues):
        return {factor} * np.sqrt(np.maximum(eigenvalues - self.threshold, 0.0))
    @property
    def parameters(self):
        return {{"threshold": self.threshold}}
    @classmethod
    def examples(cls):
        return [cls(0.5)]

class Twofold(Spiked):
    @property
    def factors(self):
        return {factor} * super().factors
"""
SIZE: dict[str, Any] = {"n": 30, "d": 15, "replicates": 2, "rng": 0, "progress": False}


def _user_module(factor: float) -> Any:
    """Import the user's module as it is on disk now, edited or not."""
    module: Any = types.ModuleType("my_filters")
    exec(SOURCE.format(factor=factor), module.__dict__)
    return module


def _draws(store: Path) -> int:
    return len(ts.load_sweep(store))


def test_an_edited_filter_is_drawn_anew(tmp_path: Path) -> None:
    store, population = tmp_path / "draws.sqlite", ts.Spiked([3.0])
    before, after = (_user_module(factor).Soft(0.5) for factor in (1.0, 2.0))
    assert before.description() == after.description()
    first = ts.simulate(population, before, store=store, **SIZE)
    again = ts.simulate(population, _user_module(1.0).Soft(0.5), store=store, **SIZE)
    assert again.convergence.item() == first.convergence.item()
    assert _draws(store) == 2, "the same code is not drawn again"
    edited = ts.simulate(population, after, store=store, **SIZE)
    assert _draws(store) == 4
    alone = ts.simulate(population, after, **SIZE)
    assert edited.flow_distance.item() == alone.flow_distance.item()
    assert edited.flow_distance.item() == pytest.approx(4.0 * first.flow_distance.item())
    with pytest.raises(ReadoutError, match=r"two versions of the filter Soft\(threshold=0\.5\)"):
        ts.load_sweep(store).to_xarray()


def test_an_edited_population_is_drawn_anew(tmp_path: Path) -> None:
    store = tmp_path / "draws.sqlite"
    for factor in (1.0, 1.0, 2.0):
        ts.simulate(_user_module(factor).Twofold([3.0]), store=store, **SIZE)
    assert _draws(store) == 4
    with pytest.raises(ReadoutError, match="two versions of the population"):
        ts.load_sweep(store).to_xarray()


def test_filters_of_one_name_in_two_modules_are_two(tmp_path: Path) -> None:
    store, one, other = tmp_path / "a", _user_module(1.0).Soft(0.5), _user_module(1.0)
    other.Soft.__module__ = "other_filters"
    ts.simulate(ts.Spiked([3.0]), one, store=store, **SIZE)
    ts.simulate(ts.Spiked([3.0]), other.Soft(0.5), store=store, **SIZE)
    assert _draws(store) == 4
    assert one != other.Soft(0.5)


class Scaled(Filter):
    """A filter whose parameter is of any type, and whose function is given."""

    def __init__(self, scale: Any, function: Any = np.sqrt, name: str = "scale") -> None:
        self.scale, self.function, self.name = scale, function, name

    def __call__(self, eigenvalues: Any) -> Any:
        return float(self.scale) * self.function(eigenvalues)

    @property
    def parameters(self) -> Mapping[str, Any]:
        return {self.name: self.scale}

    @classmethod
    def examples(cls) -> list[Self]:
        return [cls(1.0)]


@pytest.mark.parametrize(
    "scale",
    [2, np.float64(2.0), np.float32(2.0), np.int64(2), np.array(2.0), np.array(2)],
    ids=repr,
)
def test_parameters_of_numpy_give_the_key_of_a_python_number(scale: Any, tmp_path: Path) -> None:
    store = tmp_path / "draws.sqlite"
    plain = (
        int(scale)
        if isinstance(scale, int | np.integer) or "i" in np.asarray(scale).dtype.kind
        else 2.0
    )
    first = ts.simulate(ts.Spiked([3.0]), Scaled(plain), store=store, **SIZE)
    again = ts.simulate(ts.Spiked([3.0]), Scaled(scale), store=store, **SIZE)
    assert _draws(store) == 2
    assert again.identical(first)
    assert Scaled(scale) == Scaled(plain)
    assert len({Scaled(scale), Scaled(plain)}) == 1
    assert ts.predict(ts.Spiked([3.0]), Scaled(scale), n=30, d=15).scale.item() == 2.0


def test_local_filters_work_here_and_are_refused_elsewhere(tmp_path: Path) -> None:
    class Local(Scaled):
        pass

    for made in (Local(1.0), Scaled(1.0, lambda values: np.sqrt(values))):
        store = tmp_path / type(made).__name__
        one = ts.simulate(ts.Spiked([3.0]), made, store=store, **SIZE)
        assert ts.simulate(ts.Spiked([3.0]), made, workers=2, **SIZE).identical(one)  # by threads
        with pytest.raises(InputError, match="workers must be 1, because this work cannot be sent"):
            ts.simulate(ts.Spiked([3.0]), made, engine=ts.Compressed(), workers=2, **SIZE)
    ts.simulate(
        ts.Spiked([3.0]), Scaled(1.0, lambda v: np.sqrt(v) / 2), store=tmp_path / "Scaled", **SIZE
    )
    assert _draws(tmp_path / "Scaled") == 4, "another function under the same name"


@pytest.mark.parametrize(
    "made",
    [
        Scaled(np.nan),
        Scaled(np.inf),
        Scaled([1.0, 2.0]),
        Scaled(np.ones(2)),
        Scaled(1j),
        Scaled(lambda: 1),
        *(Scaled(1.0, name=name) for name in ("n", "d", "gamma", "factor", "kind", "convergence")),
    ],
)
def test_parameters_that_are_no_coordinates_are_refused(made: Filter) -> None:
    with pytest.raises(InputError, match="filter"):
        ts.simulate(ts.Spiked([3.0]), made, **SIZE)
    with pytest.raises(InputError, match="filter"):
        ts.predict(ts.Spiked([3.0]), made, n=30, d=15)


def test_every_filter_and_population_has_an_identity_of_its_own() -> None:
    filters = [
        example
        for name in ts.__all__
        if isinstance(kind := getattr(ts, name), type)
        and issubclass(kind, Filter)
        and kind is not Filter
        for example in kind.examples()
    ]
    found = {(repr(one), one.identity()) for one in filters}
    assert len({identity for _, identity in found}) == len({name for name, _ in found}) > 10
    for kind in (populations.Spiked, populations.PowerLaw, populations.Atoms):
        seen = {one.identity(one.dimension or 40) for one in kind.examples()}
        assert len(seen) == len(kind.examples())


def test_the_digest_sees_numbers_and_not_their_last_bits() -> None:
    values = np.geomspace(1e-300, 1e300, 50)
    assert digest(values) == digest(values * (1 + 1e-15))
    assert digest(values) != digest(values * (1 + 1e-6))
    assert len({digest([x]) for x in (0.0, 1.0, -1.0, np.nan, np.inf, -np.inf, 2.0)}) == 7
    assert digest([1.0], [2.0]) != digest([1.0, 2.0])
