"""What the random caller passes: good values, borderline ones, and values of the wrong kind."""

from __future__ import annotations

from typing import Any

import numpy as np
from hypothesis import strategies as st

__all__ = ["ODD", "ODD_ROWS", "ODD_WORDS", "rows"]

Strategy = st.SearchStrategy[Any]

ODD: Strategy = st.sampled_from(
    [
        None,
        True,
        "",
        "3",
        b"3",
        "\x1b[31m\n",
        -1,
        0,
        1,
        2,
        2**53 + 1,
        -(10**30),
        10**400,
        10**5000,
        0.5,
        -0.0,
        5e-324,
        1e-160,
        1e160,
        1.7e308,
        float("nan"),
        float("inf"),
        float("-inf"),
        1j,
        [],
        [1],
        [1, 1],
        [1.5, -1],
        ["a"],
        [[1], [2, 3]],
        (3, 2),
        {},
        {"a": 1},
        {1, 2},
        range(3),
        np.float32(2.5),
        np.int8(3),
        np.array(3.0),
        np.array([]),
        np.array([3.0, 1.0]),
        np.array(["a"]),
        np.array([None]),
        np.ma.masked,
        np.ma.masked_array([1.0, 2.0], mask=[True, False]),
        np.datetime64("2020-01-01"),
        object(),
        len,
        int,
        Exception("x"),
    ]
)
"""Values that few arguments take."""

ODD_WORDS: Strategy = st.one_of(
    st.sampled_from(["0", "-1", "1", "2", "0.5", "nan", "inf", "-inf", "1e400", "9" * 30, "3,1"]),
    st.sampled_from(["", " ", ",", "1,1", "1,", "a", "--", "-", "none", "\x1b[31m", "é", "a:b"]),
    st.sampled_from(["a.npy", "missing.npy", "theory.nc", "draws.sqlite", ".", "x" * 300]),
    st.sampled_from(["/dev/full", "nofolder/x.nc", "out.nc", "out.json", "out.xyz"]),
)
"""Words that few options take."""


@st.composite
def rows(draw: st.DrawFn, least: int = 8, most: int = 24, columns: int = 4) -> Any:
    """Return rows of numbers, of an ordinary size and type."""
    count = draw(st.integers(least, most))
    seed = draw(st.integers(0, 99))
    kind = draw(st.sampled_from(["f8", "f4", "i8", "u1"]))
    made = np.random.default_rng(seed).standard_normal((count, columns)) * 40 + 100
    return made.clip(0, 255).astype(kind)


@st.composite
def _spoilt(draw: st.DrawFn) -> Any:
    made = np.array(draw(rows()), dtype=np.float64)
    spoil = draw(
        st.one_of(
            st.sampled_from(["nan", "inf", "huge", "tiny", "constant", "zero", "equal rows"]),
            st.sampled_from(["one row", "empty", "flat", "wide", "masked", "list"]),
            st.sampled_from(["bool", "complex", "object", "text"]),
        )
    )
    match spoil:
        case "nan" | "inf":
            made[1, 1] = float(spoil)
        case "huge" | "tiny":
            made *= 1e200 if spoil == "huge" else 1e-200
        case "constant":
            made[:, 1] = 3.0
        case "one row":
            made = made[:1]
        case "flat":
            made = made.ravel()
        case "wide":
            made = made.reshape(-1, 2, 2)
        case "masked":
            return np.ma.masked_less(made, 90.0)
        case "list":
            return made.tolist()
        case "bool":
            return made > 100.0
        case "complex":
            return made + 1j
        case "object" | "text":
            return made.astype(object if spoil == "object" else str)
        case "empty":
            made = made[:0]
        case "zero":
            made *= 0.0
        case "equal rows":
            made[:] = made[0]
    return made


ODD_ROWS: Strategy = st.one_of(ODD, _spoilt(), rows(columns=5), rows(2, 6))
"""What should be rows and is not, or is at the edge of it."""
