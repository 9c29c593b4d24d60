"""Every kind of array, at every entrance: the answer of the plain array, or a sentence."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import xarray as xr
from scipy import sparse

import twinseed as ts
from twinseed import InputError
from twinseed.data.features import encoded_rows
from twinseed.generators import LinearGenerator
from twinseed.neighbours import nearest

Rows = np.ndarray[Any, Any]
Entrance = Callable[[Callable[[Rows], Any]], list[Any]]

N, D = 24, 4


def whole_numbers(seed: int, n: int = N) -> Rows:
    """Small whole numbers, which every type holds; of full rank, no row twice, no column a key."""
    rng = np.random.default_rng(seed)
    rows = rng.integers(0, 9, (n, D)).astype(float)
    order = rng.permutation(n)
    rows[:, 0] = 30 * seed + order // 2
    rows[:, 1] = order % 2 + 2 * rng.integers(0, 4, n)
    return rows


ROWS = {
    name: whole_numbers(seed, n)
    for seed, (name, n) in enumerate(
        [("train_a", N), ("train_b", N), ("heldout", N), ("samples_a", 20), ("samples_b", 20)]
    )
}


def numbers(readout: Any) -> list[Any]:
    kept = [name for name in sorted(readout.data_vars) if readout[name].dtype.kind == "f"]
    return [readout[name].values for name in kept]


def at_twins(make: Callable[[Rows], Any]) -> list[Any]:
    twins = ts.Twins(**{name: make(rows) for name, rows in ROWS.items()})
    return numbers(ts.measure(twins, rng=0, factors=2, resamples=4))


def at_with_samples(make: Callable[[Rows], Any]) -> list[Any]:
    twins = ts.Twins(**ROWS).with_samples(make(ROWS["samples_a"]), make(ROWS["samples_b"]))
    return numbers(ts.measure(twins, rng=0, factors=2, resamples=4))


def at_reference(make: Callable[[Rows], Any]) -> list[Any]:
    reference = make(ROWS["heldout"])
    return numbers(ts.measure(ts.Twins(**ROWS), rng=0, factors=2, reference=reference, resamples=4))


def at_accumulator(make: Callable[[Rows], Any]) -> list[Any]:
    real = {name: make(ROWS[name]) for name in ("train_a", "train_b", "heldout")}
    seen = ts.Accumulator(**real, rng=0, factors=2, resamples=4)
    seen.update(make(ROWS["samples_a"]), make(ROWS["samples_b"]))
    return numbers(seen.compute())


def at_update(make: Callable[[Rows], Any]) -> list[Any]:
    seen = ts.Accumulator(train_a=ROWS["train_a"], rng=0, factors=2, resamples=4)
    seen.update(make(ROWS["samples_a"]))
    return numbers(seen.compute())


def at_audit(make: Callable[[Rows], Any]) -> list[Any]:
    found = ts.audit(**{name: make(rows) for name, rows in ROWS.items()}, rng=0, factors=2)
    return [*numbers(found.readout), found.copying.p_value, found.copying.copied_fraction]


def at_generators(make: Callable[[Rows], Any]) -> list[Any]:
    made = make(ROWS["samples_a"])
    real = {name: ROWS[name] for name in ("train_a", "heldout")}
    draw = lambda noise: made if len(noise) == 20 else make(ROWS["samples_a"][: len(noise)])  # noqa: E731
    found = ts.audit(**real, generators=[draw], seeds=20, rng=0, factors=2)
    return [*numbers(found.readout), found.copying.p_value]


def at_encoder(make: Callable[[Rows], Any]) -> list[Any]:
    return [encoded_rows("train_a", ROWS["train_a"], make)]


def at_plan(make: Callable[[Rows], Any]) -> list[Any]:
    # In given units, because a frame, whose columns have names, has units of its own otherwise.
    found = ts.plan(make(ROWS["train_a"]), rng=0, resamples=10, column_units=False)
    band = found.convergence(100.0)
    return [band.value, band.low, band.high]


def at_estimate(make: Callable[[Rows], Any]) -> list[Any]:
    return [ts.estimate_population(make(ROWS["train_a"])).eigenvalues(D)]


def at_linear(make: Callable[[Rows], Any]) -> list[Any]:
    model = LinearGenerator.fit(make(ROWS["train_a"]), ts.Ridge(0.1))
    return [model.sample(np.eye(D))]


def at_nearest(make: Callable[[Rows], Any]) -> list[Any]:
    found = nearest(make(ROWS["samples_a"]), make(ROWS["train_a"]))
    return [found.cosine, found.distance, found.distance_row]


ENTRANCES: dict[str, Entrance] = {
    name.removeprefix("at_"): one for name, one in globals().items() if name.startswith("at_")
}


class Labelled(np.ndarray):  # type: ignore[type-arg]  # a subclass as users write them
    """A subclass that refuses what plain arrays do."""

    def sum(self, *args: Any, **kwargs: Any) -> Any:
        raise AssertionError("the subclass's own method was called")


def strided(rows: Rows) -> Any:
    wide = np.full((2 * len(rows), 3 * rows.shape[1]), np.nan)
    wide[::2, ::3] = rows
    return wide[::2, ::3]


def read_only(rows: Rows) -> Any:
    kept = rows.copy()
    kept.flags.writeable = False
    return kept


TAKEN: dict[str, Callable[[Rows], Any]] = {
    "lists": lambda rows: rows.tolist(),
    "a tuple of arrays": lambda rows: tuple(rows),
    "Fortran order": np.asfortranarray,
    "strided": strided,
    "backwards": lambda rows: rows[::-1].copy()[::-1],
    "read-only": read_only,
    "byte-swapped": lambda rows: rows.astype(">f8"),
    "float16": lambda rows: rows.astype(np.float16),
    "float32": lambda rows: rows.astype(np.float32),
    "uint8": lambda rows: rows.astype(np.uint8),
    "int16": lambda rows: rows.astype(">i2"),
    "longdouble": lambda rows: rows.astype(np.longdouble),
    "np.matrix": lambda rows: rows.view(np.matrix),
    "a subclass": lambda rows: rows.view(Labelled),
    "unmasked": lambda rows: np.ma.array(rows, mask=False),
    "unmasked, without a mask": np.ma.array,
    "unmasked rows in a list": lambda rows: list(np.ma.array(rows, mask=False)),
    "sparse matrix": sparse.csr_matrix,
    "sparse array": sparse.coo_array,
    "four axes": lambda rows: rows.reshape(len(rows), 2, 1, 2),
    "DataArray": xr.DataArray,
    "DataArray of three axes": lambda rows: xr.DataArray(rows.reshape(len(rows), 2, 2)),
    "DataArray with names": lambda rows: xr.DataArray(
        rows, dims=("row", "gene"), coords={"gene": list("abcd")}
    ),
    "data frame": lambda rows: xr.DataArray(rows).to_pandas(),
}


def holding(value: Any, kind: Any) -> Callable[[Rows], Any]:
    def make(rows: Rows) -> Any:
        other = rows.astype(kind)
        other[3, 1] = value
        return other

    return make


def masked(rows: Rows) -> Any:
    hidden = np.zeros(rows.shape, dtype=bool)
    hidden[3, 1] = True
    return np.ma.array(rows, mask=hidden)


REFUSED: dict[str, tuple[Callable[[Rows], Any], str]] = {
    "masked": (masked, r"\[3, 1\] must not be masked"),
    "masked rows in a list": (lambda rows: list(masked(rows)), r"\[3, 1\] must not be masked"),
    "NaN": (holding(np.nan, float), r"\[3, 1\] must be finite"),
    "infinity": (holding(-np.inf, np.float32), r"\[3, 1\] must be finite"),
    "beyond float64": (holding(np.longdouble("1e400"), np.longdouble), r"\[3, 1\] must be finite"),
    "complex": (lambda rows: rows + 0j, "must hold real numbers"),
    "objects": (lambda rows: rows.astype(object), "must hold real numbers"),
    "strings": (lambda rows: rows.astype(str), "must hold real numbers"),
    "bytes": (lambda rows: rows.astype("S8"), "must hold real numbers"),
    "times": (lambda rows: rows.astype("M8[s]"), "must hold real numbers"),
    "durations": (lambda rows: rows.astype("m8[s]"), "must hold real numbers"),
    "records": (lambda rows: rows.astype([("x", float)]), "must hold real numbers"),
    "ragged lists": (
        lambda rows: [row[: 1 + i % 2].tolist() for i, row in enumerate(rows)],
        "must be readable as an array",
    ),
    "a dictionary": (lambda rows: dict(enumerate(rows)), "must hold real numbers"),
    "a number": (lambda rows: 3.0, "at least two axes"),
    "one axis": (lambda rows: rows[:, 0], "at least two axes"),
    "no columns": (lambda rows: rows[:, :0], "one column"),
    "no columns, four axes": (lambda rows: np.ones((len(rows), 0, 2, 2)), "one column|at least 1"),
    "complex sparse": (lambda rows: sparse.csr_matrix(rows + 0j), "must hold real numbers"),
}

SIZES = {
    "too large": (lambda rows: rows * 1e160, r"must be at most 1e\+30 in size"),
    "too small": (lambda rows: rows * 1e-170, "must have a value of at least 1e-30"),
}
ROWLESS = {
    "no rows": (lambda rows: rows[:0], "rows and one column"),
    "no rows, four axes": (lambda rows: np.ones((0, 2, 1, 2)), "rows and one column"),
}


@pytest.fixture(scope="module")
def plain() -> dict[str, list[Any]]:
    return {name: entrance(lambda rows: rows) for name, entrance in ENTRANCES.items()}


KEPT = ("Fortran order", "strided", "read-only", "byte-swapped", "float16", "uint8")
"""What an array still is once it has been checked; the others are plain arrays by then."""


@pytest.mark.parametrize(
    ("entrance", "kind"),
    [
        (entrance, kind)
        for entrance in ENTRANCES
        for kind in TAKEN
        if entrance not in ("audit", "generators") or kind in KEPT
    ],
)
def test_the_answer_is_that_of_the_plain_array(
    entrance: str, kind: str, plain: dict[str, list[Any]]
) -> None:
    found = ENTRANCES[entrance](TAKEN[kind])
    narrow = kind in ("float16", "float32", "uint8", "int16") and entrance == "nearest"
    for one, other in zip(found, plain[entrance], strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-9, atol=1e-3 if narrow else 1e-12)


@pytest.mark.parametrize("kind", REFUSED)
@pytest.mark.parametrize("entrance", ENTRANCES)
def test_the_other_kinds_are_refused_in_a_sentence(entrance: str, kind: str) -> None:
    make, says = REFUSED[kind]
    with pytest.raises(InputError, match=says):
        ENTRANCES[entrance](make)


@pytest.mark.parametrize("kind", SIZES)
@pytest.mark.parametrize("entrance", [name for name in ENTRANCES if name != "nearest"])
def test_values_whose_powers_float64_cannot_hold(entrance: str, kind: str) -> None:
    make, says = SIZES[kind]
    with pytest.raises(InputError, match=says):
        ENTRANCES[entrance](make)


@pytest.mark.parametrize("kind", ROWLESS)
@pytest.mark.parametrize("entrance", [e for e in ENTRANCES if e not in ("generators", "encoder")])
def test_no_rows(entrance: str, kind: str) -> None:
    make, says = ROWLESS[kind]
    with pytest.raises(InputError, match=says):
        ENTRANCES[entrance](make)


def test_truth_values_are_numbers() -> None:
    rows = np.random.default_rng(0).random((5, 20, 12)) < 0.5
    names = ("samples_a", "samples_b", "train_a", "train_b", "heldout")
    found, plain = (
        ts.audit(**dict(zip(names, given, strict=True)), rng=0, factors=2)
        for given in (rows, rows.astype(float))
    )
    for one, other in zip(numbers(found.readout), numbers(plain.readout), strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-9)
    assert found.copying.p_value == plain.copying.p_value


def test_a_plain_array_stays_the_same_object() -> None:
    twins = ts.Twins(samples_a=ROWS["samples_a"], train_a=ROWS["train_a"])
    assert twins.samples_a is ROWS["samples_a"]
    assert twins.centred().train_a is twins.train_a


def test_a_sparse_matrix_too_large_to_write_out_is_refused() -> None:
    wide = sparse.csr_matrix((1 << 14, (1 << 13) + 1))
    with pytest.raises(InputError, match="train_a must have at most 134,217,728 entries"):
        ts.Twins(samples_a=np.ones((3, 4)), train_a=wide)


def test_a_data_set_of_several_arrays_is_refused() -> None:
    several = xr.Dataset({"one": (("a", "b"), np.ones((3, 4))), "two": ("a", np.ones(3))})
    with pytest.raises(InputError, match=r"train_a must be .* data set"):
        ts.Twins(samples_a=np.ones((3, 4)), train_a=several)


def index(names: list[str]) -> Any:
    import pandas as pd

    return pd.Index(names)


@pytest.mark.parametrize("make", [np.array, tuple, iter, index])
def test_columns_are_named_by_any_list(make: Any) -> None:
    twins = ts.Twins(samples_a=np.eye(2), train_a=3 + np.eye(2), columns=make(["age", "size"]))
    assert twins.column_names == ("age", "size")


@pytest.mark.parametrize("columns", [5, "ab", {"a", "b"}, [], ["a"], ["a", "a"], np.ones((1, 2))])
def test_columns_that_do_not_name_every_column(columns: Any) -> None:
    with pytest.raises(InputError, match="columns must name each of 2 columns once"):
        ts.Twins(samples_a=np.eye(2), train_a=3 + np.eye(2), columns=columns)


@pytest.mark.parametrize(
    "shape", [(-1, -6), (2, -3), (0, 3), (1.5, 4), "23", 6, (6,), ((2,), (3,)), True]
)
def test_an_image_shape_is_whole_numbers_above_zero(shape: Any) -> None:
    with pytest.raises(InputError, match=r"image_shape(\[\d\])? must (be|have)"):
        ts.Twins(samples_a=np.ones((2, 6)), train_a=np.zeros((2, 6)), image_shape=shape)


def test_an_image_shape_of_another_number_of_entries() -> None:
    rows = {"samples_a": np.ones((2, 6)), "train_a": np.zeros((2, 6))}
    assert ts.Twins(**rows, image_shape=np.array([2, 3])).image_shape == (2, 3)
    with pytest.raises(InputError, match="image_shape must have 6 entries"):
        ts.Twins(**rows, image_shape=(2, 4))
