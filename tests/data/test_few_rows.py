"""Few rows, few columns, rows that do not vary: an answer with its status, or a sentence."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.cli.cli_calls import call

import twinseed as ts
from twinseed import InputError
from twinseed.orders import recovery
from twinseed.orders.factor_count import factor_count
from twinseed.status import Status

D = 6
SIZES = {"train_a": 9, "train_b": 9, "heldout": 9, "samples": 9}
BORDERS = (1, 2, 3, 4, D, D + 1, 12)
"""Too few rows, very few, as many as columns, one more, and more than every other role has."""


def rows_of(sizes: dict[str, int], *, d: int = D) -> dict[str, Any]:
    """Rows of every role, in independent columns of falling variance."""
    rng = np.random.default_rng(5)
    made = {name: rng.standard_normal((12, d)) / np.arange(1, d + 1) for name in (*SIZES, "b")}
    given = {name: made[name][:size] for name, size in sizes.items()}
    given["samples_a"] = given.pop("samples")
    if "train_b" in sizes:
        given["samples_b"] = made["b"][: sizes["samples"]]
    return given


@pytest.mark.parametrize(
    "size",
    [
        pytest.param(size, marks=() if size in BORDERS else pytest.mark.nightly)
        for size in range(1, 13)
    ],
)
@pytest.mark.parametrize("role", SIZES)
def test_any_number_of_rows_in_any_role(role: str, size: int) -> None:
    for left_out in ("", "train_b", "heldout"):
        if role == left_out:
            continue
        sizes = {name: n for name, n in SIZES.items() if name != left_out} | {role: size}
        given = rows_of(sizes)
        if size == 1:
            named = "samples_a" if role == "samples" else role
            for call in (lambda g=given: ts.Twins(**g), lambda g=given: ts.audit(**g, rng=0)):
                with pytest.raises(InputError, match=f"{named} must have at least 2 rows"):
                    call()
            continue
        readout = ts.measure(ts.Twins(**given), rng=0)
        factors = 5 if "heldout" not in sizes else min(5, sizes["heldout"] - 1)
        assert readout.sizes["factor"] == factors
        ts.readout.check(readout)
        if left_out:
            continue
        found = ts.audit(**given, rng=0)
        assert found.readout.sizes["factor"] == factors
        assert str(found)


def test_what_few_samples_cannot_tell_has_no_number() -> None:
    """Three samples span two directions: the third is not identifiable, and not unlearned."""
    readout = ts.measure(ts.Twins(**rows_of(SIZES | {"samples": 3})), rng=0, factors=4)
    status = [str(one) for one in readout.recovery_status.values]
    assert status[2:] == [Status.NOT_IDENTIFIABLE] * 2
    assert np.isfinite(readout.recovery.values[:2]).all()
    assert str(readout.recovery_distance_status.values) == Status.NOT_IDENTIFIABLE


def test_a_jackknife_that_runs_out_of_rows_gives_no_error_bar() -> None:
    """Of four held-out rows, groups of two: what is left has one direction."""
    readout = ts.measure(ts.Twins(**rows_of(SIZES | {"heldout": 4})), rng=0)
    assert np.isfinite(readout.recovery.values).all()
    assert np.isnan(readout.recovery_se.values[1:]).all()


@pytest.mark.parametrize(
    "roles", [("train_a", "heldout"), ("heldout", "samples_a"), ("samples_a", "train_a")]
)
def test_rows_that_never_vary(roles: tuple[str, ...]) -> None:
    for some in (roles[:1], roles):
        given = rows_of({name: n for name, n in SIZES.items() if name != "train_b"})
        for name in some:
            given[name] = np.full_like(given[name], 1.0 + list(given).index(name))
        readout = ts.measure(ts.Twins(**given).centred(), rng=0)
        if "heldout" in some:
            assert set(readout.recovery_status.values.astype(str)) == {Status.NOT_IDENTIFIABLE}
        elif "samples_a" in some:
            assert readout.recovery.values.tolist() == [0.0] * 5
        assert str(ts.audit(**given, rng=0))


def test_a_generator_of_one_direction_has_not_recovered_the_others() -> None:
    rng = np.random.default_rng(0)
    heldout, train = rng.standard_normal((2, 40, 6)) * [9, 5, 3, 1, 1, 1]
    samples = np.zeros((30, 6))
    samples[:, 0] = rng.standard_normal(30)
    found = recovery.from_twins(ts.Twins(samples, None, train, heldout=heldout), 0, factors=3)
    value = found["recovery"].value
    assert value[0] > 0.9
    assert value[1:].tolist() == [0.0, 0.0]


def test_reference_rows_of_lower_rank_have_fewer_factors() -> None:
    given = rows_of(SIZES)
    given["heldout"] = np.concatenate([given["heldout"][:3]] * 3) + 0.0
    readout = ts.measure(ts.Twins(**given), rng=0)
    assert readout.sizes["factor"] == 2
    assert readout.attrs["factors_told"].startswith("5 leading directions were asked for. 2 are")


@pytest.mark.parametrize("d", [1, 2, 3])
def test_factors_beyond_the_columns_are_cut_alike_everywhere(d: int) -> None:
    given = rows_of(SIZES, d=d)
    seen = ts.Accumulator(
        train_a=given["train_a"], train_b=given["train_b"], heldout=given["heldout"], rng=0
    )
    seen.update(given["samples_a"], given["samples_b"])
    audit = ts.audit(**given, rng=0)
    measured = ts.measure(ts.Twins(**given), rng=0)
    said = f"5 leading directions were asked for. {d} are measured"
    for readout in (measured, seen.compute(), audit.readout):
        assert readout.sizes["factor"] == d
        assert readout.attrs["factors_asked"] == 5
    assert measured.attrs["factors_told"].startswith(said)
    assert seen.compute().identical(measured)
    sentences = {one.name: one.sentence for one in audit.fitness.findings}
    assert sentences["fewer factors"].startswith(said)


def test_the_commands_say_that_factors_were_cut(tmp_path: Path) -> None:
    words: list[object] = []
    for name, rows in rows_of(SIZES, d=2).items():
        np.save(tmp_path / f"{name}.npy", rows)
        words += [f"--{name.replace('_', '-')}", tmp_path / f"{name}.npy"]
    for command in ("measure", "audit"):
        done = call(command, *words)
        said = "5 leading directions were asked for. 2 are measured"
        assert said in " ".join(done.stdout.split()), (command, done.output)


def test_nothing_is_told_where_nothing_was_cut() -> None:
    readout = ts.measure(ts.Twins(**rows_of(SIZES)), rng=0, factors=4)
    assert not {"factors_asked", "factors_told"} & set(readout.attrs)
    assert factor_count(4, columns=6, rows=5).told == ""


def test_the_rule() -> None:
    assert factor_count(5, columns=9, rows=4).count == 3
    assert factor_count(5, columns=2, rows=4).count == 2
    assert factor_count(5, columns=9).count == 5
    assert factor_count(0, columns=9, rows=1).count == 0
    assert "4 held-out or reference rows of 9 columns" in factor_count(5, columns=9, rows=4).told
    for wrong in (-1, 1.5, "3", None, True):
        with pytest.raises(InputError, match="factors must be a"):
            factor_count(wrong, columns=9)
