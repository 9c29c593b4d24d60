"""What a number is worth: every value of a readout carries one of these statuses."""

from __future__ import annotations

from enum import StrEnum

__all__ = ["Status"]


class Status(StrEnum):
    """How far a value can be trusted, and what to do about it.

    A status is a plain string, so that it prints, compares and saves as one. ``has_value`` is False
    for the statuses under which no number exists; there, and only there, the value is NaN.

    >>> Status.BELOW_FLOOR == "below the floor", Status.NO_THEORY.has_value
    (True, False)
    """

    OK = "ok"
    LEADING_ORDER = "leading order"
    BELOW_FLOOR = "below the floor"
    EXTRAPOLATED = "extrapolated"
    NOT_CONVERGED = "not converged"
    CONSTANT_COLUMNS = "constant columns"
    INFINITE = "infinite"
    NOT_IDENTIFIABLE = "not identifiable"
    NO_THEORY = "no theory"
    NOT_MEASURED = "not measured"

    @property
    def has_value(self) -> bool:
        """Whether a number stands beside this status."""
        return self not in _WITHOUT_VALUE

    @property
    def advice(self) -> str:
        """One sentence: what the status means and what would mend it."""
        return _ADVICE[self]


_WITHOUT_VALUE = frozenset(
    {Status.INFINITE, Status.NOT_IDENTIFIABLE, Status.NO_THEORY, Status.NOT_MEASURED}
)

_ADVICE = {
    Status.OK: "The formula or the estimator is valid here.",
    Status.LEADING_ORDER: (
        "The formula is the leading order and its error is not known here "
        "(heavy-tailed spectrum or few samples): simulate this point before relying on it."
    ),
    Status.BELOW_FLOOR: (
        "Not distinguishable from what a direction that was never learned shows at this size: "
        "read it as no recovery, or use more samples."
    ),
    Status.EXTRAPOLATED: "Outside the range that the data can support: get a larger pilot.",
    Status.NOT_CONVERGED: "The iteration stopped before its tolerance: allow it more steps.",
    Status.CONSTANT_COLUMNS: (
        "Some columns never vary in the training data; they carry no information and were kept: "
        "drop them if they are not part of the data."
    ),
    Status.INFINITE: (
        "No finite number exists, as a covariance has no inverse: compare `wasserstein`, drop "
        "constant columns, or add a ridge."
    ),
    Status.NOT_IDENTIFIABLE: (
        "The data given cannot answer this: see the argument named in the variable's description."
    ),
    Status.NO_THEORY: "No formula is known for this case: simulate it.",
    Status.NOT_MEASURED: (
        "This call does not produce the variable, or a sweep has no draw of this point yet."
    ),
}
