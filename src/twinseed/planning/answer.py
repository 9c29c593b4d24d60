"""The answer of ``plan``: curves with bands, targets, and what the pilot cannot tell."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from twinseed.checks import grid_axis, whole
from twinseed.errors import InputError
from twinseed.filters import Filter
from twinseed.planning.bands import CURVES, LEVEL, NORMAL, Band, RowsNeeded, bands, samples_needed
from twinseed.populations import Estimated
from twinseed.tables import drawn_table, percent

if TYPE_CHECKING:
    import xarray as xr

__all__ = ["PROTOCOL", "Plan", "require_target"]

PROTOCOL = 1
"""Version of how a plan is made and of the dictionary that it hands on."""

Array = NDArray[np.float64]

_REMEDY = "pass the number of training rows of each model, whole and at least 2"
_LOADS: Array = np.array([1.0, 2.0, 4.0, 8.0, 16.0, 32.0])
_SHOWN_FACTORS = 3
_SMALL_PILOT = 60
UNEVEN = 1.2
"""Noise of a sample covariance over that of Gaussian rows, from which the plan warns."""


class Plan:
    """The order parameters of twin linear models against n, as far as a pilot can foretell them.

    ``population`` is the estimate; ``resampled`` are estimates from Gaussian pilots of the same
    size drawn from it, whose spread makes the bands. ``unevenness`` is the noise of a sample
    covariance over that of Gaussian rows, by the fourth moment of the rows' lengths: 1 if Gaussian.
    Made by ``plan``.
    """

    def __init__(
        self,
        population: Estimated,
        resampled: tuple[Estimated, ...],
        filter: Filter,
        *,
        pilot_rows: int,
        unevenness: float,
        entropy: tuple[int, ...],
    ) -> None:
        self.population = population
        self.resampled = resampled
        self.filter = filter
        self.pilot_rows = pilot_rows
        self.unevenness = unevenness
        self.entropy = entropy
        self._found: dict[tuple[float, ...], dict[str, Band]] = {}

    @property
    def d(self) -> int:
        """Columns of the pilot."""
        return self.population.dimension

    def convergence(self, n: ArrayLike) -> Band:
        """Agreement q of two models trained on n rows each, disjoint, from the same seeds."""
        return self.bands(n)["convergence"]

    def recovery(self, n: ArrayLike) -> Band:
        """Squared overlap Q of each factor's direction with the truth; factors on the last axis."""
        return self.bands(n)["recovery"]

    def memorisation_ratio(self, n: ArrayLike) -> Band:
        """Overlap rho with training rows over that with held-out rows; 1: no excess."""
        return self.bands(n)["memorisation_ratio"]

    def memorisation_share(self, n: ArrayLike) -> Band:
        """Share of samples closer to training than to as many held-out rows; 1/2: no excess."""
        return self.bands(n)["memorisation_share"]

    def bands(self, n: ArrayLike) -> dict[str, Band]:
        """Return the bands of all four, by name."""
        rows, scalar = self._rows(n)
        key = tuple(rows.tolist())
        if key not in self._found:
            known = (self.population, *self.resampled)
            self._found[key] = bands(known, self.filter, rows, self.pilot_rows)
        found = self._found[key]
        return {name: one.only() for name, one in found.items()} if scalar else found

    def samples_for(
        self,
        *,
        convergence: float | None = None,
        recovery: float | None = None,
        factor: int = 1,
    ) -> RowsNeeded:
        """Training rows of each model at which an order parameter meets its target.

        Args:
            convergence: the target for q; or
            recovery: the target for the Q of ``factor``, counted from 1, the strongest.
            factor: which factor.

        Raises:
            InputError: not exactly one target, one outside (0, 1), or a factor beyond those that
                the pilot separates.
        """
        given = {"convergence": convergence, "recovery": recovery}
        named = [name for name, value in given.items() if value is not None]
        if len(named) != 1:
            raise InputError(
                "convergence, recovery", "must be passed one at a time", given, "pass one target"
            )
        target = require_target(named[0], given[named[0]])
        index = self._checked_factor(factor) if recovery is not None else None
        return samples_needed(
            CURVES[named[0]],
            (self.population, *self.resampled),
            self.filter,
            target,
            factor=index,
            pilot_rows=self.pilot_rows,
        )

    def readout(self, n: ArrayLike) -> xr.Dataset:
        """Return the plan at ``n`` as a readout.

        The four planned variables have half their band over 1.645 as standard error; the others are
        theory for the estimated population, and have none.
        """
        from twinseed.readout import VARIABLES, check
        from twinseed.verbs.predict import predict

        rows, scalar = self._rows(n)
        found = predict(self.population, self.filter, n=int(rows[0]) - 1 if scalar else rows - 1)
        found = found.assign_coords(n=found["n"] + 1, gamma=(found["n"] + 1) / self.d)
        known = self.bands(n)
        for name in VARIABLES:
            se = found[f"{name}_se"]
            if name in known:
                one = known[name]
                found[f"{name}_se"] = se.copy(data=(one.high - one.low) / (2.0 * NORMAL))
                found[f"{name}_status"] = found[f"{name}_status"].copy(data=one.status)
            else:
                found[f"{name}_se"] = se * np.nan
        found.attrs.update(source="plan", pilot_rows=self.pilot_rows, entropy=str(self.entropy))
        return check(found)

    def limits(self) -> list[str]:
        """Say what this pilot cannot tell, a sentence each."""
        found = self.population
        sentences = []
        if found.detectable is not None:
            share = found.detectable * self.d / float(found.eigenvalues(self.d).sum())
            count = found.factors.size
            sentences.append(
                f"{count or 'No'} factor{('' if count == 1 else 's')} stood out in these rows. "
                f"A further factor would not stand out if its variance is below {share:.3g} "
                "times the mean variance of a column. The plan gives no recovery for such a "
                "factor."
            )
        equal = _hard_to_tell_apart(found)
        if equal:
            sentences.append(
                f"Factors {equal} are equally strong within the error of this pilot: the models "
                "may learn these factors together before they learn each factor alone. The "
                "bands of their recovery are wide for this reason."
            )
        if found.constant_columns:
            sentences.append(
                f"{found.constant_columns} columns are constant in the pilot. The plan assumes "
                "that these columns stay constant."
            )
        if self.pilot_rows < _SMALL_PILOT:
            sentences.append(
                f"A plan from fewer than {_SMALL_PILOT} rows is biased, and its bands miss the "
                "true value more often than their level says."
            )
        if self.unevenness > UNEVEN:
            sentences.append(
                "The lengths of the rows vary more than those of Gaussian rows (heavy tails, "
                "or rows of different scales). The disagreement 1 - q may be up to "
                f"{self.unevenness:.1f} times as large as planned."
            )
        return sentences

    def to_dict(self, n: ArrayLike | None = None) -> dict[str, Any]:
        """Return the plan at ``n`` (1 to 32 times the pilot unless given), ready for JSON."""
        from twinseed._version import __version__

        rows = self._shown(n)
        parts = ("value", "low", "high", "status")
        return {
            "schema": 1,
            "protocol": PROTOCOL,
            "twinseed": __version__,
            "pilot": {
                "rows": self.pilot_rows,
                "columns": self.d,
                "constant_columns": self.population.constant_columns,
                "unevenness": self.unevenness,
            },
            "filter": dict(self.filter.description()),
            "seed": list(self.entropy),
            "resamples": len(self.resampled),
            "level": LEVEL,
            "factors": self.population.factors.tolist(),
            "detectable": self.population.detectable,
            "n": rows.tolist(),
            "reach": (rows / self.pilot_rows).tolist(),
            "curves": {
                name: {part: getattr(one, part).tolist() for part in parts}
                for name, one in self.bands(rows).items()
            },
            "limits": self.limits(),
        }

    def table(self, n: ArrayLike | None = None) -> list[tuple[str, ...]]:
        """Return the plan at ``n`` as rows of text, the header first."""
        rows = self._shown(n)
        columns = {
            "n": [f"{one:,.0f}" for one in rows],
            "x pilot": [f"{one / self.pilot_rows:.3g}" for one in rows],
        }
        known = self.bands(rows)
        for name in ("convergence", "memorisation_ratio", "memorisation_share"):
            columns[name.replace("_", " ")] = known[name].cells()
        for k in range(min(_SHOWN_FACTORS, self.population.factors.size)):
            columns[f"recovery {k + 1}"] = known["recovery"].cells(k)
        return [tuple(columns), *zip(*columns.values(), strict=True)]

    def told(self, n: ArrayLike | None = None, width: int | None = None) -> str:
        """Return the plan at ``n`` as a table to read, with what the pilot cannot tell.

        ``width``: columns that a line may have at the most.
        """
        header, *rows = self.table(n)
        about = (
            f"Plan from {self.pilot_rows} rows of {self.d} columns, {self.filter!r}. n: training "
            f"rows of each model; in brackets: {percent(LEVEL)} bands."
        )
        notes = (
            textwrap.fill(one, min(96, width or 96), initial_indent="- ", subsequent_indent="  ")
            for one in self.limits()
        )
        return "\n".join([about, "", drawn_table(header, rows, width=width, keys=2), "", *notes])

    def __str__(self) -> str:
        return self.told()

    def __repr__(self) -> str:
        return f"Plan(rows={self.pilot_rows}, d={self.d}, filter={self.filter!r})"

    def _shown(self, n: ArrayLike | None) -> Array:
        return self.pilot_rows * _LOADS if n is None else self._rows(n)[0]

    def _rows(self, n: ArrayLike) -> tuple[Array, bool]:
        rows, scalar = grid_axis("n", n, _REMEDY, whole_numbers=True)
        for one in rows:
            whole("n", one, _REMEDY, at_least=2)
        return rows, scalar

    def _checked_factor(self, factor: int) -> int:
        number = whole("factor", factor, "count the factors from 1, the strongest")
        count = self.population.factors.size
        if number > count:
            raise InputError(
                "factor",
                f"must be at most {count}, the number of factors that stand out in this pilot",
                factor,
                "ask for a stronger factor, or take a larger pilot",
            )
        return number - 1


def require_target(argument: str, value: Any) -> float:
    """Return the target of an order parameter: one number above 0 and below 1."""
    target = grid_axis(argument, value, "pass a target such as 0.9")[0]
    if target.size != 1 or target[0] >= 1.0:
        raise InputError(
            argument, "must be one number above 0 and below 1", value, "pass, say, 0.9"
        )
    return float(target[0])


def _hard_to_tell_apart(population: Estimated) -> str:
    """Name the neighbouring factors that lie within two standard errors of each other."""
    factors = population.factors
    if population.degrees is None:
        return ""
    close = np.diff(-factors) < 2.0 * np.sqrt(2.0 / population.degrees) * factors[1:]
    return ", ".join(f"{k + 1} and {k + 2}" for k in np.flatnonzero(close))
