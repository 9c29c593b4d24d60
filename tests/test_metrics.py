"""The numbers for loggers are those of the readout; what does not exist has no name."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

import twinseed as ts
from twinseed.errors import InputError, ReadoutError
from twinseed.readout import VARIABLES

RNG = np.random.default_rng(0)
ROWS = {name: RNG.standard_normal((30, 6)) for name in ("train_a", "train_b", "heldout")}
SAMPLES = {name: RNG.standard_normal((20, 6)) for name in ("samples_a", "samples_b")}


def readout(**options: Any) -> Any:
    return ts.measure(ts.Twins(**SAMPLES, **ROWS), rng=0, factors=2, **options)


def test_every_number_of_the_readout_is_there_and_no_other() -> None:
    measured = readout()
    found = ts.to_metrics(measured, "twins/")
    for name, variable in VARIABLES.items():
        values = np.atleast_1d(measured[name].values)
        errors = np.atleast_1d(measured[f"{name}_se"].values)
        for k, (value, error) in enumerate(zip(values, errors, strict=True)):
            key = f"twins/{name}_{k + 1}" if variable.per_factor else f"twins/{name}"
            if math.isnan(value):
                assert key not in found
            else:
                assert found.pop(key) == value
                assert found.pop(f"{key}_se") == error
    assert found == {}


def test_the_names_of_the_factors_count_from_one() -> None:
    found = ts.to_metrics(readout())
    assert {"recovery_1", "recovery_2", "recovery_2_se"} <= found.keys()
    assert not {"recovery", "recovery_0", "recovery_3"} & found.keys()


def test_theory_has_numbers_too() -> None:
    theory = ts.predict(ts.Spiked([1.0]), ts.Ridge(0.1), n=200, d=100)
    found = ts.to_metrics(theory)
    assert found["convergence_se"] == 0.0
    assert found["recovery_1"] == float(theory["recovery"][0])


def test_the_accumulator_and_the_audit() -> None:
    seen = ts.Accumulator(**ROWS, rng=0, factors=2)
    seen.update(**SAMPLES)
    assert seen.to_metrics("x_") == ts.to_metrics(readout(), "x_")
    audit = ts.audit(**{**SAMPLES, "samples_a": ROWS["train_a"][:20]}, **ROWS, rng=0, factors=2)
    found = audit.to_metrics("audit/")
    assert found["audit/copying_found"] == 1.0
    assert found["audit/copying_p_value"] == audit.copying.p_value
    assert found["audit/copied_fraction"] == audit.copying.copied_fraction
    assert found.items() > ts.to_metrics(audit.readout, "audit/").items()


def test_an_audit_without_an_answer_leaves_its_numbers_out() -> None:
    audit = ts.audit(train_a=ROWS["train_a"], samples_a=SAMPLES["samples_a"], rng=0, factors=1)
    found = audit.to_metrics()
    assert found["copying_found"] == 0.0
    assert math.isnan(audit.copying.p_value) == ("copying_p_value" not in found)
    assert all(math.isfinite(value) for value in found.values())


@pytest.mark.parametrize(
    ("act", "error", "says"),
    [
        (
            lambda: ts.to_metrics(ts.predict(ts.Spiked([1.0]), n=[10, 20], d=10)),
            InputError,
            r"readout must be one point, not a grid .*readout\.isel\(n=0\)",
        ),
        (lambda: ts.to_metrics({"a": 1.0}), ReadoutError, "this is not a readout"),  # type: ignore[arg-type]
        (lambda: ts.to_metrics(readout(resamples=0), 3), InputError, "prefix must be text"),  # type: ignore[arg-type]
    ],
)
def test_what_is_no_single_readout_is_refused(act: Any, error: type[Exception], says: str) -> None:
    with pytest.raises(error, match=says):
        act()
