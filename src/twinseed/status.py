"""The status of each value of a readout: whether to trust the value, and why."""

from __future__ import annotations

from enum import StrEnum
from html import escape

__all__ = ["Status"]


class _Shown:
    """How a notebook shows a status; an enumeration itself may not define such a name."""

    def _repr_html_(self) -> str:
        advice = getattr(self, "advice", "")
        return f"<p><b>{escape(str(self))}</b>: {escape(advice)}</p>"


class Status(_Shown, StrEnum):
    """How far a value can be trusted, and what to do next.

    A status is a plain string, so that it prints, compares and saves as one. ``has_value`` is False
    for the statuses under which no number exists. The value is NaN for these statuses, and only for
    these.

    >>> Status.BELOW_FLOOR == "below the floor", Status.NO_THEORY.has_value
    (True, False)

    See also: ``Status.advice``, ``predict``, ``measure``.
    """

    OK = "ok"
    LEADING_ORDER = "leading order"
    BELOW_FLOOR = "below the floor"
    EXTRAPOLATED = "extrapolated"
    UNEVEN = "uneven rows"
    GUESS = "guess"
    NOT_CONVERGED = "not converged"
    CONSTANT_COLUMNS = "constant columns"
    INFINITE = "infinite"
    NOT_IDENTIFIABLE = "not identifiable"
    NO_THEORY = "no theory"
    NOT_MEASURED = "not measured"

    @property
    def has_value(self) -> bool:
        """Whether a value with this status is a number."""
        return self not in _WITHOUT_VALUE

    @property
    def advice(self) -> str:
        """What the status means, and what to do next."""
        return _ADVICE[self]


_WITHOUT_VALUE = frozenset(
    {Status.INFINITE, Status.NOT_IDENTIFIABLE, Status.NO_THEORY, Status.NOT_MEASURED}
)

_ADVICE = {
    Status.OK: (
        "The estimator is valid here, or the formula is off by 2 % at most: its bias says by how "
        "much."
    ),
    Status.LEADING_ORDER: (
        "The formula may be off by more than 2 % here, because the spectrum has a heavy tail or "
        "there are few rows or columns. The bias of the value says by how much: simulate this "
        "point before you rely on the value."
    ),
    Status.BELOW_FLOOR: (
        "At this size the value cannot be distinguished from the value of a direction "
        "that was never learned: treat the value as no recovery, or use more samples."
    ),
    Status.EXTRAPOLATED: (
        "The value lies outside the range that the data can support: collect a larger pilot."
    ),
    Status.UNEVEN: (
        "The rows of the pilot vary in length more than Gaussian rows do, or a few rows dominate a "
        "direction. Do not rely on the band: take a larger pilot, or compare with a measurement."
    ),
    Status.GUESS: (
        "The value is a guess for a trained network: what linear models reach, times the "
        "convergence of two trainings on the same rows. Train twins at this size before you rely "
        "on the value."
    ),
    Status.NOT_CONVERGED: (
        "The iteration stopped before it reached its tolerance: allow more steps."
    ),
    Status.CONSTANT_COLUMNS: (
        "Some columns are constant in the training data. Constant columns carry no "
        "information, and they were kept: drop these columns if they are not part of the data."
    ),
    Status.INFINITE: (
        "No finite number exists, because a covariance has no inverse: read "
        "`wasserstein` instead, drop constant columns, or add a ridge."
    ),
    Status.NOT_IDENTIFIABLE: (
        "The data that were passed do not determine this value: pass the argument that "
        "the variable's description names."
    ),
    Status.NO_THEORY: "No formula is known for this case: simulate this case.",
    Status.NOT_MEASURED: (
        "This call does not compute the variable, or the sweep has no draw of this "
        "point yet: call the verb that computes the variable, or wait until the sweep "
        "has more draws."
    ),
}
