"""The answer of ``plan``: curves with bands, targets, and what the pilot cannot tell."""

from __future__ import annotations

import textwrap
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from twinseed.checks import grid_axis, whole
from twinseed.errors import InputError
from twinseed.files import write_text
from twinseed.filters import Filter
from twinseed.planning.bands import Band, RowsNeeded, banded, rows_needed
from twinseed.planning.calibration import LEVEL, NORMAL, UNEVEN, Calibrated
from twinseed.planning.curves import CURVES, told
from twinseed.populations import Estimated
from twinseed.status import Status
from twinseed.tables import drawn_table, percent

if TYPE_CHECKING:
    import xarray as xr

    from twinseed.readout import Estimate

__all__ = ["PROTOCOL", "Plan", "require_target"]

PROTOCOL = 2
"""Version of how a plan is made and of the dictionary that it hands on."""

Array = NDArray[np.float64]

_REMEDY = "pass the number of training rows of each model, whole and at least 2"
_LOADS: Array = np.array([1.0, 2.0, 4.0, 8.0, 16.0, 32.0])
_SHOWN_GROUPS = 3


class Plan:
    """The order parameters of twin models against n, as far as a pilot can foretell them.

    ``population`` is the estimate; ``groups`` are the ranks of its factors that the pilot cannot
    tell apart, which have one recovery, of their subspace; ``calibrated`` is how far the pilot's
    own halves are from theory. ``unevenness`` is the noise of a sample covariance over that of
    Gaussian rows, by the fourth moment of the rows' lengths: 1 if Gaussian. ``ceiling`` is the
    convergence of two trainings on the same rows, for the plan of a trained network. Made by
    ``plan``.
    """

    def __init__(
        self,
        population: Estimated,
        calibrated: Calibrated,
        filter: Filter,
        *,
        groups: tuple[slice, ...],
        pilot_rows: int,
        unevenness: float,
        resamples: int,
        entropy: tuple[int, ...],
        ceiling: float | None = None,
    ) -> None:
        self.population = population
        self.calibrated = calibrated
        self.filter = filter
        self.groups = groups
        self.pilot_rows = pilot_rows
        self.unevenness = unevenness
        self.resamples = resamples
        self.entropy = entropy
        self.ceiling = ceiling
        self._found: dict[tuple[float, ...], dict[str, Band]] = {}

    @property
    def d(self) -> int:
        """Columns of the pilot."""
        return self.population.dimension

    def borders_on_bulk(self, group: slice) -> bool:
        """Say whether a group of factors is within two standard errors of those that are none.

        Its recovery is a leading order then: further directions of the same strength may be there.
        """
        count = self.population.factors.size
        if group.stop < count or self.population.degrees is None:
            return False
        last, further = self.population.eigenvalues(self.d)[count - 1 : count + 1]
        error = 2.0 / np.sqrt(self.population.degrees)
        return bool(further > 0.0 and np.log(last / further) < 2.0 * error)

    def convergence(self, n: ArrayLike) -> Band:
        """Agreement q of two models trained on n rows each, disjoint, from the same seeds."""
        return self.bands(n)["convergence"]

    def recovery(self, n: ArrayLike) -> Band:
        """Squared overlap Q of each factor's direction with the truth; factors on the last axis.

        The factors of a group (see ``groups``) have the mean squared overlap of its subspace.
        """
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
            found = banded(
                CURVES,
                self.calibrated.corrections,
                self._theory,
                rows,
                self.pilot_rows,
                floor=np.array([one.stop - one.start + 4.0 for one in self.groups]) / self.d,
                rough=np.array([self.borders_on_bulk(one) for one in self.groups], dtype=bool),
                simulated=bool(self.calibrated.simulated),
                uneven=self.unevenness > UNEVEN,
            )
            self._found[key] = {**found, **self._per_factor(found), **self._guessed(found)}
        known = self._found[key]
        return {name: one.only() for name, one in known.items()} if scalar else known

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
        place = self._checked_factor(factor) if recovery is not None else None
        group = None if place is None else self._group_of(place)
        ceiling = 1.0 if self.ceiling is None or recovery is not None else self.ceiling
        found = rows_needed(
            CURVES[named[0]],
            self.calibrated.corrections[named[0]],
            self._theory,
            target / ceiling,
            group=group,
            pilot_rows=self.pilot_rows,
        )
        guess = self.ceiling is not None and convergence is not None
        status = str(Status.GUESS) if guess and found.value == found.value else found.status
        return replace(
            found,
            target=target,
            status=status,
            name=named[0],
            factor=None if recovery is None else factor,
        )

    def readout(self, n: ArrayLike) -> xr.Dataset:
        """Return the plan at ``n`` as a readout.

        The four planned variables, and the gap ``1 - q``, have half their band over 1.645 as
        standard error. The others are theory for the estimated population, without calibration,
        and have no standard error.
        """
        from twinseed.readout import VARIABLES, check
        from twinseed.verbs.predict import predict

        rows, scalar = self._rows(n)
        found = predict(self.population, self.filter, n=int(rows[0]) - 1 if scalar else rows - 1)
        found = found.assign_coords(n=found["n"] + 1, gamma=(found["n"] + 1) / self.d)
        known = dict(self.bands(n))
        q = known["convergence"]
        known["convergence_gap"] = replace(
            q, value=1.0 - q.value, low=1.0 - q.high, high=1.0 - q.low
        )
        for name in VARIABLES:
            se = found[f"{name}_se"]
            if name in known:
                one = known[name]
                found[name] = found[name].copy(data=one.value)
                found[f"{name}_se"] = se.copy(data=(one.high - one.low) / (2.0 * NORMAL))
                found[f"{name}_status"] = found[f"{name}_status"].copy(data=one.status)
                # the band holds what the calibrated value may be off by
                found[f"{name}_bias"] = found[f"{name}_bias"] * np.nan
            else:
                found[f"{name}_se"] = se * np.nan
        found.attrs.update(source="plan", pilot_rows=self.pilot_rows, entropy=str(self.entropy))
        return check(found)

    def method(self) -> list[str]:
        """Say what was done, a sentence or a few each: theory, calibration, simulation."""
        from twinseed.planning.sentences import method

        return method(self)

    def limits(self) -> list[str]:
        """Say what this pilot cannot tell, a sentence or a few each."""
        from twinseed.planning.sentences import limits

        return limits(self)

    def to_dict(self, n: ArrayLike | None = None) -> dict[str, Any]:
        """Return the plan at ``n`` (1 to 32 times the pilot unless given), ready for JSON."""
        from twinseed._version import __version__

        rows = self._shown(n)
        parts = ("value", "low", "high", "status")
        calibrated = self.calibrated
        return {
            "schema": 1,
            "protocol": PROTOCOL,
            "twinseed": __version__,
            "pilot": {
                "rows": self.pilot_rows,
                "columns": self.d,
                "constant_columns": self.population.constant_columns,
                "unevenness": self.unevenness,
                "effective_dimension": self.population.effective_dimension(self.d),
            },
            "filter": dict(self.filter.description()),
            "seed": list(self.entropy),
            "resamples": self.resamples,
            "calibration": {
                "splits": calibrated.splits,
                "rows": calibrated.rows,
                "factor": calibrated.factor,
                "log_error": calibrated.log_error if calibrated.splits else None,
                "simulated": list(calibrated.simulated),
            },
            "ceiling": self.ceiling,
            "level": LEVEL,
            "factors": self.population.factors.tolist(),
            "groups": [[one.start + 1, one.stop] for one in self.groups],
            "detectable": self.population.detectable,
            "n": rows.tolist(),
            "reach": (rows / self.pilot_rows).tolist(),
            "curves": {
                name: {part: getattr(one, part).tolist() for part in parts}
                for name, one in self.bands(rows).items()
            },
            "method": self.method(),
            "limits": self.limits(),
        }

    def table(self, n: ArrayLike | None = None) -> list[tuple[str, ...]]:
        """Return the plan at ``n`` as rows of text, the header first.

        The last column is the status of the convergence; a cell with another status names it.
        """
        rows = self._shown(n)
        columns = {
            "n": [f"{one:,.0f}" for one in rows],
            "x pilot": [f"{one / self.pilot_rows:.3g}" for one in rows],
        }
        known = self.bands(rows)
        bands = {
            name.replace("_", " "): known[name]
            for name in ("convergence", "memorisation_ratio", "memorisation_share")
        }
        for group in self.groups[:_SHOWN_GROUPS]:
            ends = (group.start + 1, group.stop)
            name = f"{ends[0]}-{ends[1]}" if ends[1] > ends[0] else str(ends[0])
            bands[f"recovery {name}"] = known["recovery"].of(group.start)
        usual = bands["convergence"].status.tolist()
        for name, band in bands.items():
            statuses = zip(band.cells(), band.status.tolist(), usual, strict=True)
            columns[name] = [
                cell if status == expected else f"{cell} {status}"
                for cell, status, expected in statuses
            ]
        columns["status"] = usual
        return [tuple(columns), *zip(*columns.values(), strict=True)]

    def told(self, n: ArrayLike | None = None, width: int | None = None) -> str:
        """Return the plan at ``n`` as a table to read, how it was made, what it cannot tell.

        ``width``: columns that a line may have at the most.
        """
        header, *rows = self.table(n)
        of = "linear models" if self.ceiling is None else "a trained network"
        about = (
            f"Plan for {of}, from {self.pilot_rows} rows of {self.d} columns, {self.filter!r}. "
            f"n: training rows of each model; in brackets: {percent(LEVEL)} bands."
        )
        notes = (
            textwrap.fill(one, min(96, width or 96), initial_indent="- ", subsequent_indent="  ")
            for one in (*self.method(), *self.limits())
        )
        return "\n".join([about, "", drawn_table(header, rows, width=width, keys=2), "", *notes])

    def plot(self, n: ArrayLike | None = None, *needed: RowsNeeded) -> Any:
        """Draw the bands as a figure of matplotlib.

        ``needed`` are answers of ``samples_for``, whose targets are marked.

        Raises:
            MissingExtraError: matplotlib is not installed.
        """
        from twinseed.planning.figures import plan_curves
        from twinseed.planning.page import drawn_bands

        return plan_curves(drawn_bands(self, n), self.pilot_rows, needed)

    def to_html(self, path: str | Path, n: ArrayLike | None = None, *needed: RowsNeeded) -> None:
        """Write the plan as one self-contained page; ``needed`` as for ``plot``.

        Raises:
            InputError: the file cannot be written; what was there before stays.
        """
        from twinseed.planning.page import plan_page

        write_text(path, plan_page(self, needed, n))

    def _repr_html_(self) -> str:
        """Return the table and the notes, as a notebook shows them."""
        from twinseed.planning.page import plan_fragment

        return plan_fragment(self)

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

    def _theory(self, n: Array) -> dict[str, Estimate]:
        return told(self.population, self.filter, n, self.groups)

    def _group_of(self, factor: int) -> int:
        return next(place for place, one in enumerate(self.groups) if factor < one.stop)

    def _per_factor(self, found: dict[str, Band]) -> dict[str, Band]:
        """Return recovery with an entry for each factor in place of each group."""
        one = found["recovery"]
        places = [self._group_of(factor) for factor in range(self.population.factors.size)]
        return {"recovery": one.of(places)}

    def _guessed(self, found: dict[str, Band]) -> dict[str, Band]:
        """Return the convergence of a trained network, if the plan is for one."""
        if self.ceiling is None:
            return {}
        one = found["convergence"]
        value, low, high = (self.ceiling * part for part in (one.value, one.low, one.high))
        status = np.full(one.status.shape, str(Status.GUESS))
        return {"convergence": Band(one.n, value, low, high, status, one.reach)}

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
