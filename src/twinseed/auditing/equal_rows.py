"""Rows that equal rows of another role: how many there are, and how many chance makes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import scipy
from numpy.typing import NDArray

from twinseed.arrays import Array
from twinseed.auditing.screening import REMOVED, Finding
from twinseed.data.digests import repeats, row_digests
from twinseed.data.twins import Twins
from twinseed.intervals import Z95

__all__ = ["EqualRows", "chance_of_equal", "equal_heldout", "equal_samples"]

_DRAWS = 400
_BEYOND = 4.0  # standard deviations of the number expected
_FEWER, _MORE = 0.6, 1.5  # times the number expected

_ROWS = 2000  # rows and columns in which steps are looked for, at most
_COLUMNS = 2000
_COARSE = 0.9  # of the rows have a value that occurs more than once, in a coarse column

Digests = NDArray[np.uint64]


@dataclass(frozen=True)
class EqualRows:
    """Held-out rows that equal a training row: counted, and expected by chance."""

    count: int
    expected: float
    sd: float
    low: int
    high: int
    heldout: int

    @property
    def too_few(self) -> bool:
        """Whether rows must have been removed: far below chance, and by a large part."""
        far = self.expected - self.count > _BEYOND * self.sd
        return far and self.count < _FEWER * self.expected

    @property
    def too_many(self) -> bool:
        """Whether rows must have been put into both, or repeats have been removed within each."""
        far = self.count - self.expected > _BEYOND * self.sd
        return far and self.count > _MORE * self.expected + 3


def chance_of_equal(
    train: Digests,
    heldout: Digests,
    rng: np.random.Generator,
    units: tuple[NDArray[np.int64], NDArray[np.int64]] | None = None,
) -> EqualRows:
    """Count held-out rows that equal a training row, beside the number that chance makes.

    Equation: let value v occur c_v times among all N rows, of which h are held out. If any h of the
    N rows could be the held-out ones, a row of value v is held out with probability h/N, and then
    all other rows of value v are held out too with probability ``P_v = prod_{0<k<c_v} (h - k)/(N -
    k)``, so that ``E = (h/N) sum_v c_v (1 - P_v)``. The spread is that of 400 random splits.
    With ``units``, the number of the group of each row, whole groups change sides, and E is the
    mean of these splits.

    Shapes: digests of rows, (n,) and (h,). Validity: exact under exchangeability of rows, or of
    groups, whatever the law of the rows.

    >>> ones = np.ones(6, dtype=np.uint64)
    >>> found = chance_of_equal(ones[:4], ones[:2], np.random.default_rng(0))
    >>> found.count, found.expected, found.sd
    (2, 2.0, 0.0)
    """
    h, total = len(heldout), len(train) + len(heldout)
    _, place, counts = np.unique(
        np.concatenate([train, heldout]), return_inverse=True, return_counts=True
    )
    drawn = np.empty(_DRAWS)
    if units is None or len(np.unique(np.concatenate(units))) == total:
        repeated = counts[counts > 1]
        member = np.repeat(np.arange(len(repeated)), repeated)
        expected = h / total * float(np.sum(repeated * (1 - _together(repeated, h, total))))
        for k in range(_DRAWS):
            held = rng.hypergeometric(len(member), total - len(member), h) if member.size else 0
            chosen = member[rng.permutation(len(member))[:held]]
            drawn[k] = _straddling(chosen, repeated)
    else:
        of_row = np.unique(np.concatenate(units), return_inverse=True)[1]
        groups, held = of_row.max() + 1, len(np.unique(units[1]))
        for k in range(_DRAWS):
            out = np.zeros(groups, dtype=bool)
            out[rng.permutation(groups)[:held]] = True
            drawn[k] = _straddling(place[out[of_row]], counts)
        expected = float(drawn.mean())
    low, high = np.quantile(drawn, [0.025, 0.975])
    found = int(np.isin(heldout, train).sum())
    spread = float(drawn.std())
    return EqualRows(found, expected, spread, int(np.floor(low)), int(np.ceil(high)), h)


def _together(counts: NDArray[np.int64], h: int, total: int) -> Array:
    """Return the probability that all rows of a value are held out, if one of them is."""
    fits = np.minimum(counts, h)
    gammaln = scipy.special.gammaln
    log = gammaln(h) - gammaln(h - fits + 1) - gammaln(total) + gammaln(total - fits + 1)
    return np.where(counts <= h, np.exp(log), 0.0)


def _straddling(held: NDArray[np.int64], counts: NDArray[np.int64]) -> int:
    """Return how many of the held-out rows have an equal row that is not held out."""
    of_value = np.bincount(held, minlength=len(counts))
    return int(of_value[of_value < counts].sum())


def equal_heldout(twins: Twins, rng: np.random.Generator) -> Iterator[Finding]:
    """Yield, for each training set, how many held-out rows equal a row of it, and how many should.

    A finding blocks verdicts (``numbers["blocks"]``) where equal rows are missing: held-out rows
    are then further from the training rows than fresh rows are, and honest samples look close.
    """
    digests = twins.rows.digests
    if "heldout" not in digests:
        return
    for name in ("train_a", "train_b"):
        if name not in digests:
            continue
        units = twins.rows.units[name], twins.rows.units["heldout"]
        found = chance_of_equal(digests[name], digests["heldout"], rng, units)
        if not found.count and found.high < 1:
            continue
        whose = f"row of {name}"
        numbers = {
            "set": name,
            "rows": found.count,
            "expected": found.expected,
            "range": [found.low, found.high],
        }
        if found.too_few:
            yield Finding(
                REMOVED,
                f"{found.count or 'No'} held-out {_row(found.count)} a {whose}, where about "
                f"{found.expected:.0f} of {found.heldout} would by chance. Either rows were "
                f"removed because they are equal, or rows of {name} were repeated, for example to "
                "balance classes. Pass the training rows and the held-out rows as they were "
                "before. Rows that are equal by chance do no harm.",
                {**numbers, "blocks": ["copying", "overfitting"]},
            )
        elif found.too_many:
            yield Finding(
                "equal held-out rows",
                f"{found.count} of {found.heldout} held-out rows equal a {whose}; only "
                f"{found.low} to {found.high} are expected by chance. Either some rows are in both "
                "files, or repeated rows were removed within each file. A copy of such a row "
                "is not told from a fresh row: pass rows as they were before any were removed, and "
                "hold out rows that the generator did not see.",
                numbers,
            )
        else:
            yield Finding(
                "equal held-out rows",
                f"{found.count} of {found.heldout} held-out rows equal a {whose}; {found.low} to "
                f"{found.high} are expected by chance in such coarse rows. This does no harm.",
                numbers,
            )


def _row(count: int) -> str:
    return "rows equal" if count > 1 else "row equals"


def equal_samples(twins: Twins) -> Iterator[Finding]:
    """Yield how many samples equal a training row, where fresh rows do so too.

    The number expected is the share of held-out rows that equal a training row; without held-out
    rows, the share of training rows that equal another one. Its range is ``1.96 N sqrt(p (1 - p)
    (1/N + 1/h))``, for N samples and a share p of h rows: 95 % where rows are independent.
    """
    real = twins.rows.arrays
    for name, own in (("samples_a", "train_a"), ("samples_b", "train_b")):
        if name not in twins.arrays:
            continue
        own = own if own in real else "train_a"
        samples = twins.arrays[name]
        common = np.result_type(samples, *real.values())
        if samples.dtype.kind == "f" and samples.dtype.itemsize < common.itemsize:
            common = samples.dtype  # samples that were rounded equal rows that are rounded
        digest = {key: row_digests(part, common) for key, part in (real | {name: samples}).items()}
        trained = float(repeats(digest[own]).mean())
        share, judge = trained, "the repeats among the training rows"
        judged = len(real[own])
        if "heldout" in real:
            share = float(np.isin(digest["heldout"], digest[own]).mean())
            judge, judged = "the held-out rows", len(real["heldout"])
        if not share and not trained:
            continue  # an equal row is then a copy, and is named as one
        count = int(np.isin(digest[name], digest[own]).sum())
        size = len(samples)
        expected = share * size
        reach = Z95 * size * (share * (1 - share) * (1 / size + 1 / judged)) ** 0.5
        low, high = max(0.0, expected - reach), min(float(size), expected + reach)
        between = _between(samples, real[own])
        rounded = ""
        if between:
            rounded = (
                f" In {between} of {twins.d} columns most samples take values that no training row "
                "has, although training rows have few values there: round the samples as the real "
                "rows are rounded, or equal rows do not show."
            )
        yield Finding(
            "equal samples",
            f"{count} of {size} rows of {name} are equal to a row of {own}; {expected:.0f} of "
            f"{size} fresh rows would be ({low:.0f} to {high:.0f}), by {judge}." + rounded,
            {
                "samples": name,
                "rows": count,
                "expected": expected,
                "range": [low, high],
                "columns_between": between,
                "identical_match_share": count / size,
                "identical_match_share_expected": share,
            },
        )


def _between(samples: NDArray[Any], rows: NDArray[Any]) -> int:
    """Return in how many columns most samples have a value that the rows, of few values, lack."""
    found = 0
    for k in range(min(rows.shape[1], _COLUMNS)):
        values, counts = np.unique(rows[:_ROWS, k], return_counts=True)
        if counts[counts > 1].sum() < _COARSE * counts.sum() or 4 * len(values) > counts.sum():
            continue
        apart = ~np.isin(samples[:_ROWS, k], values.astype(samples.dtype))
        found += bool(apart.mean() > 0.5)
    return found
