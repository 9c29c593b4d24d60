"""Before any verdict: are the rows fit for the question? What is not is said, in a sentence."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any

import numpy as np
import scipy
from numpy.typing import NDArray

from twinseed.auditing.copying import Copying
from twinseed.auditing.duplicates import (
    GROUPED,
    duplicated_columns,
    equal_rows,
    near_duplicates,
    near_groups,
)
from twinseed.data.rows import Rows
from twinseed.randomness import stream
from twinseed.tables import percent

__all__ = ["REMOVED", "Finding", "Fitness", "exchangeable", "fitness"]

REMOVED = "equal rows were removed"
"""Name of the finding that held-out rows equal training rows less often than chance makes them."""

UNLIKE = 0.002
"""Below this p-value two sets of rows are called unlike."""

_LOOKED_AT = 2000  # rows of each role that are looked at, at most
_DIRECTIONS = 16
_RELABELLINGS = 1999
_VISIBLE = 0.1  # a copied fraction that an audit should see


@dataclass(frozen=True)
class Finding:
    """Something about the rows, the samples or the generators that qualifies the verdicts."""

    name: str
    sentence: str
    numbers: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Fitness:
    """What was looked for before the verdicts, and what was found."""

    exchangeable: Mapping[str, float]
    """p-value of "these rows could be exchanged", for each pair of roles; small: they differ."""
    findings: tuple[Finding, ...]

    def beside(self, copying: Copying) -> Fitness:
        """Return the same, and what the test for copying could not have detected."""
        if not copying.smallest_visible > _VISIBLE:
            return self
        return replace(self, findings=(*self.findings, _few(copying)))

    def to_dict(self) -> dict[str, Any]:
        """Return everything as plain dictionaries, numbers and sentences."""
        return {
            "exchangeable": dict(self.exchangeable),
            "findings": [asdict(one) for one in self.findings],
        }

    def __str__(self) -> str:
        return " ".join(one.sentence for one in self.findings) or "Nothing speaks against the rows."


def fitness(rows: Rows, entropy: tuple[int, ...], before: Sequence[Finding] = ()) -> Fitness:
    """Look at the rows: exchangeable, duplicated, constant?

    ``before`` are findings that were made while the samples were drawn.
    """
    real = rows.arrays
    draw = stream(entropy, "audit: fitness")
    looked = {
        name: np.sort(draw.permutation(len(part))[:_LOOKED_AT]) for name, part in real.items()
    }
    names = list(real)
    pairs = [(one, other) for i, one in enumerate(names) for other in names[i + 1 :]]
    p_values = {
        f"{one}, {other}": exchangeable(real[one][looked[one]], real[other][looked[other]], draw)
        for one, other in pairs
    }
    found = [*before]
    if rows.groups is None:
        found += [Finding(*one) for one in near_groups(real, draw)]
    # Rows that come in groups, or were taken out of one file, are not corrected by shuffling.
    explained = any(one.name in (GROUPED, REMOVED) for one in found)
    found += [_unlike(pair, p, explained) for pair, p in p_values.items() if p < UNLIKE]
    found += [Finding(*one) for one in (*equal_rows(rows), *near_duplicates(real, draw))]
    found += _columns(rows, real["train_a"][looked["train_a"]])
    return Fitness(p_values, tuple(found))


def exchangeable(one: NDArray[Any], other: NDArray[Any], rng: np.random.Generator) -> float:
    """Test whether two sets of rows could be exchanged: same place and spread along directions?

    Equation: with c the coordinates of all rows along their leading 16 principal directions, about
    the common mean, the statistics are the differences of the two sets' means of c, and of their
    means of ``log(1 + c^2 / mean c^2)``, each standardised; the largest in size is compared with
    its values when rows change sets at random. Range: p from 0.0005 to 1; exact, since directions
    are found without looking at the sets. Shapes: (n, d) and (m, d).

    Validity: it sees a shift or another spread along leading directions, as of rows that were split
    in their order of recording; other differences are left to the control of fresh rows.

    >>> rng = np.random.default_rng(0)
    >>> one, other = rng.standard_normal((2, 100, 5))
    >>> bool(exchangeable(one, other, rng) > 0.05), exchangeable(one, other + 1, rng)
    (True, 0.0005)
    """
    rows = np.concatenate([one, other]).astype(np.float64)
    rows -= rows.mean(axis=0)
    size = np.abs(rows).max()
    if size == 0:
        return 1.0
    rows /= size
    d = rows.shape[1]
    gram = rows.T @ rows if d <= len(rows) else rows @ rows.T
    last = len(gram) - 1
    values, vectors = scipy.linalg.eigh(
        gram, subset_by_index=[max(0, last - _DIRECTIONS + 1), last]
    )
    vectors = vectors[:, values > 1e-12 * values[-1]]
    along = rows @ vectors if d <= len(rows) else vectors * np.sqrt(len(rows))
    spread = np.log1p(along**2 / np.mean(along**2, axis=0))
    table = np.concatenate([along, spread], axis=1)
    table -= table.mean(axis=0)
    width = table.std(axis=0)
    table = table[:, width > 1e-12] / width[width > 1e-12]
    # Numbers of 8 bytes are shuffled faster than bytes, and the product needs them.
    first = (np.arange(len(table)) < len(one)).astype(np.float64)
    drawn = [np.abs(first[None, :] @ table)]
    step = max(1, (1 << 22) // len(table))
    for start in range(0, _RELABELLINGS, step):
        some = min(step, _RELABELLINGS - start)
        labels = np.tile(first, (some, 1))
        drawn.append(np.abs(rng.permuted(labels, axis=1, out=labels) @ table))
    largest = np.concatenate(drawn).max(axis=1, initial=0.0)
    return float(np.mean(largest >= largest[0] - 1e-9))


def _unlike(pair: str, p: float, explained: bool) -> Finding:
    one, other = pair.split(", ")
    advice = "" if explained else ": shuffle the rows before you split them"
    return Finding(
        "not exchangeable",
        f"The rows of {one} and {other} differ in their means or in their spreads (p = "
        f"{p:.4f}){advice}. As long as they do, a sample may be close to one of the two sets for "
        "reasons other than copying.",
        {"rows": [one, other], "p_value": p},
    )


def _columns(rows: Rows, some: NDArray[Any]) -> list[Finding]:
    found = []
    if rows.constant_columns:
        found.append(
            Finding(
                "constant columns",
                f"{rows.constant_columns} of {rows.d} columns are constant in training: "
                "constant columns say nothing about copying.",
                {"columns": rows.constant_columns},
            )
        )
    twice = duplicated_columns(some)
    if twice:
        names = rows.column_names or tuple(f"column {k}" for k in range(rows.d))
        first, second = (names[k] for k in twice[0])
        found.append(
            Finding(
                "duplicated columns",
                f"{len(twice)} columns are equal to another column ({second} is equal to "
                f"{first}): equal columns count twice in every distance.",
                {"columns": len(twice), "examples": twice[:5]},
            )
        )
    return found


def _few(copying: Copying) -> Finding:
    return Finding(
        "little power",
        f"With {copying.samples} samples and {copying.rows_compared} rows of each kind, "
        f"a copied fraction below {percent(copying.smallest_visible)} would not be detected: "
        "draw more samples, and hold out more rows.",
        {"smallest_visible": copying.smallest_visible},
    )
