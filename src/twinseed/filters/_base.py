"""What a filter is: how the linear generator turns a sample spectrum into a covariance root."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import NDArray

from twinseed.arrays import Array
from twinseed.errors import InputError
from twinseed.identity import class_name, digest, plain

__all__ = ["Filter", "SpectrumSeen", "checked", "evaluated", "require_filter"]


@dataclass(frozen=True)
class SpectrumSeen:
    """A sample spectrum, of data or in the limit, for filters that adapt to the whole spectrum.

    Args:
        values: sample eigenvalues in rising order, (k,); in the limit each outlier is one of them.
        weights: share of the d directions per value, (k,), with sum one; in the limit an outlier
            has the weight zero.
        n: degrees of freedom: the rows, less one if the rows also gave the mean.
        d: number of directions.
        oracle: the mean population eigenvalue ``E[mu | lambda]`` along each sample direction, (k,),
            where theory knows this mean; None on data.
    """

    values: Array
    weights: Array
    n: float
    d: float
    oracle: Array | None = None


_FIXED = SpectrumSeen(
    np.append(0.0, np.geomspace(1e-6, 1e6, 2000)), np.full(2001, 1 / 2001), n=4002, d=2001
)
"""The sample spectrum on which two filters are compared."""


class Filter(ABC):
    """A spectral filter ``f``: the linear generator is ``x = f(S) z`` with ``z`` standard normal.

    A subclass defines ``__call__``, which works elementwise, and ``parameters``. A filter that
    depends on the whole sample spectrum defines ``adapted`` too. Instances are immutable.

    ``analytic = True`` declares that ``__call__`` also takes complex eigenvalues and is analytic
    off the negative axis. Theory then integrates the filter along a contour, to full precision on
    any spectrum. Otherwise theory integrates over the density of the sample spectrum, which needs a
    population of few atoms.

    >>> import twinseed as ts
    >>> filter = ts.Ridge(0.25)
    >>> isinstance(filter, Filter), filter.at_zero, filter.breaks, dict(filter.parameters)
    (True, 0.5, (), {'ridge': 0.25})

    See also: ``Ridge``, ``ProbabilityFlow``, ``EarlyStopping``, ``Truncation``, ``Shrinkage``.
    """

    analytic: ClassVar[bool] = False

    @abstractmethod
    def __call__(self, eigenvalues: Array) -> Array:
        """Return ``f`` at sample eigenvalues (zero or above), elementwise; zero or above."""

    @property
    @abstractmethod
    def parameters(self) -> Mapping[str, float]:
        """The filter's parameters by the names of their readout coordinates."""

    @classmethod
    @abstractmethod
    def examples(cls) -> list[Self]:
        """Return a few instances that span the class; the law tests run over them."""

    @property
    def at_zero(self) -> float:
        """``f(0)``: what the model does along directions that the training data never showed."""
        return float(self(np.zeros(1))[0])

    @property
    def breaks(self) -> tuple[float, ...]:
        """Sample eigenvalues at which ``f`` jumps; between them it must be smooth."""
        return ()

    @property
    def analytic_part(self) -> tuple[float, Callable[..., Any]] | None:
        """A start, below which ``f`` is zero, and an analytic function equal to ``f`` above it."""
        return (0.0, self) if self.analytic else None

    def adapted(self, spectrum: SpectrumSeen) -> Filter:
        """Return the filter that this filter becomes on a given sample spectrum.

        Args:
            spectrum: all sample eigenvalues, with their weights.
        """
        return self

    def description(self) -> Mapping[str, Any]:
        """Return the name of the class and the parameters, ready for JSON."""
        parameters: dict[str, Any] = plain("filter", self.parameters)
        return {"kind": type(self).__name__, **parameters}

    def identity(self) -> str:
        """Return a text that identifies the code: the class and a digest of ``f``.

        A store keeps results under this text and the description, so a filter whose code was edited
        is drawn again. The digest is of ``breaks``, and of ``f`` at fixed eigenvalues 1.4 % apart,
        from 1e-6 to 1e6. A change between these eigenvalues has no effect on the digest, nor has a
        change of ``f`` by less than 1e-7 of its value.
        """
        try:
            with np.errstate(all="ignore"):
                met = self.adapted(_FIXED)
                found = digest(met(_FIXED.values.copy()), met.breaks)
        except Exception as error:  # an error in the user's code is reported when it is drawn with
            found = type(error).__name__
        return f"{class_name(self)} {found}"

    def __eq__(self, other: object) -> bool:
        return type(self) is type(other) and self.description() == other.description()

    def __hash__(self) -> int:
        return hash(repr(self.description()))

    def __repr__(self) -> str:
        inside = ", ".join(f"{key}={value!r}" for key, value in self.parameters.items())
        return f"{type(self).__name__}({inside})"


def require_filter(argument: str, value: Any) -> Filter:
    """Return ``value`` if it is a filter object."""
    if not isinstance(value, Filter):
        raise InputError(
            argument, "must be a filter", value, "pass an object, as in Ridge(strength=0.1)"
        )
    return value


def checked(filter: Filter, eigenvalues: Array) -> Array:
    """Return ``filter(eigenvalues)``, checked to be finite numbers of zero or above.

    Raises:
        InputError: the filter raises an error, or returns another shape, a number that is not real,
            NaN, infinity or a negative value; the error names the filter and the eigenvalue.
    """
    values = evaluated(filter, filter, eigenvalues)
    if not np.issubdtype(values.dtype, np.floating) and not np.issubdtype(values.dtype, np.integer):
        raise InputError(
            "filter", f"must return real numbers, not {values.dtype}", filter, "return an array"
        )
    values = values.astype(np.float64)
    bad = ~(np.isfinite(values) & (values >= 0))
    if bad.any():
        where = int(np.flatnonzero(bad)[0])
        raise InputError(
            "filter",
            f"must be finite and zero or above, but at lambda = {eigenvalues[where]:.6g} it is not",
            float(values[where]),
            f"correct {filter!r} at this eigenvalue",
        )
    return values


def evaluated(filter: Filter, function: Callable[..., Any], points: NDArray[Any]) -> NDArray[Any]:
    """Return the values of a filter's function, which the user may have written.

    Raises:
        InputError: the function raises an error, which is named, or returns another shape.
    """
    # theory raises errors of floating point; in the code of a user they stay warnings
    state: Any = {kind: "warn" if how == "raise" else how for kind, how in np.geterr().items()}
    try:
        with np.errstate(**state):
            values = np.asarray(function(points))
    except InputError:
        raise
    except Exception as error:
        raise InputError(
            "filter",
            f"raised {type(error).__name__} between lambda = {np.abs(points).min():.6g} and "
            f"{np.abs(points).max():.6g}",
            filter,
            f"correct the filter for these eigenvalues; the error was: {error}",
        ) from error
    if values.shape != points.shape:
        raise InputError(
            "filter",
            f"must work elementwise, but made shape {values.shape} of {points.shape}",
            filter,
            "return one value for each eigenvalue",
        )
    return values
