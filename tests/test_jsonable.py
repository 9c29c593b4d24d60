"""Values for JSON: every caller cleans them in one place, and none hands NaN on."""

import json
from enum import StrEnum
from pathlib import Path

import numpy as np
import pytest

from twinseed.jsonable import as_json


class Word(StrEnum):
    YES = "yes"


@pytest.mark.parametrize(
    ("value", "plain"),
    [
        (np.float64("nan"), None),
        (float("inf"), None),
        (np.float32(0.5), 0.5),
        (np.int64(5), 5),
        (np.bool_(True), True),
        (np.array([[1.0, np.nan]]), [[1.0, None]]),
        (Word.YES, "yes"),
        (Path("a"), "a"),
        ({1: (None, {"b": -np.inf})}, {"1": [None, {"b": None}]}),
    ],
)
def test_values_become_what_json_can_hold(value: object, plain: object) -> None:
    found = as_json(value)
    assert found == plain
    assert json.loads(json.dumps(found, allow_nan=False)) == plain
    assert type(found) is type(plain)
