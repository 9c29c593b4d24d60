"""The answer of ``plan``: bands along n, rows that targets need, table, figure and page."""

from __future__ import annotations

from dataclasses import KW_ONLY, dataclass, field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike

from twinseed.files import write_text
from twinseed.filters import Filter
from twinseed.planning.bands import Band, banded
from twinseed.planning.calibration import UNEVEN, Calibrated
from twinseed.planning.curves import CURVES, told
from twinseed.planning.groups import borders_on_bulk, group_of
from twinseed.planning.normality import HEAVY
from twinseed.planning.targets import checked_rows
from twinseed.populations import Estimated

if TYPE_CHECKING:
    import pandas as pd
    import xarray as xr

    from twinseed.planning.needed import RowsNeeded

__all__ = ["Plan"]


@dataclass(eq=False, repr=False)
class Plan:
    """The order parameters of twin models against n, as a pilot predicts them; ``plan`` makes one.

    Equation: each order parameter is the theory of the estimated population at n, corrected by what
    the halves of the pilot show (see ``plan``). Range: n from 2. Beyond the rows of the pilot the
    status is "extrapolated"; if the rows are uneven, it is "uneven rows".

    Args:
        population: the population that was estimated from the pilot.
        calibrated: the corrections of theory, and how sure they are.
        filter: the regularisation of the models.
        groups: ranks of the factors; the pilot cannot distinguish the factors of one group, so that
            they have one recovery, of the subspace that they span.
        pilot_rows: number of rows of the pilot.
        unevenness: noise of the sample covariance over that of Gaussian rows, by the lengths of the
            rows; 1 for Gaussian rows.
        resamples: number of Gaussian pilots that were drawn for the bands.
        entropy: the seed.
        ceiling: convergence of two trainings of a network on the same rows; None for linear models.
        heaviest: largest kurtosis of a leading direction of the pilot; 3 for Gaussian rows.
        units: sentences on how the columns of a table became numbers; none for an array.
        repeated: number of rows of the pilot that equal an earlier row.

    See also: ``plan``, ``estimate_population``.
    """

    population: Estimated
    calibrated: Calibrated
    filter: Filter
    _: KW_ONLY
    groups: tuple[slice, ...]
    pilot_rows: int
    unevenness: float
    resamples: int
    entropy: tuple[int, ...]
    ceiling: float | None = None
    heaviest: float = 3.0
    units: tuple[str, ...] = ()
    repeated: int = 0
    _found: dict[tuple[float, ...], dict[str, Band]] = field(default_factory=dict, init=False)

    @property
    def uneven(self) -> bool:
        """Whether the rows of the pilot are uneven, so that no band has its level."""
        return self.unevenness > UNEVEN or self.heaviest > HEAVY

    @property
    def d(self) -> int:
        """Number of columns of the pilot."""
        return self.population.dimension

    def convergence(self, n: ArrayLike) -> Band:
        """Return the agreement q of two models, from 0 to 1, with its band.

        The models are trained on n rows each, without a common row, and sample from the same seeds.

        Args:
            n: training rows of each model, one number or several, whole and at least 2.
        """
        return self.bands(n)["convergence"]

    def recovery(self, n: ArrayLike) -> Band:
        """Return the squared overlap Q of each factor's direction with the truth, with its band.

        Q is 0 if the direction was not learned, and 1 if it is exact. The factors are on the last
        axis. The factors of one group have the mean squared overlap of the subspace that they span.

        Args:
            n: training rows of each model, one number or several, whole and at least 2.
        """
        return self.bands(n)["recovery"]

    def memorisation_ratio(self, n: ArrayLike) -> Band:
        """Return the ratio rho of the overlaps with training and with held-out rows, with its band.

        Overlap is the mean largest cosine of a sample with a row. 1 means no memorisation.

        Args:
            n: training rows of each model, one number or several, whole and at least 2.
        """
        return self.bands(n)["memorisation_ratio"]

    def memorisation_share(self, n: ArrayLike) -> Band:
        """Return the share of samples closer to training than to held-out rows, with its band.

        There are as many held-out rows as training rows. 1/2 means no memorisation; 1 means that
        every sample is closer to a training row.

        Args:
            n: training rows of each model, one number or several, whole and at least 2.
        """
        return self.bands(n)["memorisation_share"]

    def bands(self, n: ArrayLike) -> dict[str, Band]:
        """Return the bands of the four planned order parameters, by name.

        Args:
            n: training rows of each model, one number or several, whole and at least 2.
        """
        rows, scalar = checked_rows(n)
        key = tuple(rows.tolist())
        if key not in self._found:
            found = banded(
                CURVES,
                self.calibrated.corrections,
                partial(told, self.population, self.filter, groups=self.groups),
                rows,
                self.pilot_rows,
                floor=np.array([one.stop - one.start + 4.0 for one in self.groups]) / self.d,
                rough=np.array(
                    [borders_on_bulk(self.population, one) for one in self.groups], dtype=bool
                ),
                simulated=bool(self.calibrated.simulated),
                uneven=self.uneven,
            )
            places = [group_of(self.groups, k) for k in range(self.population.factors.size)]
            found["recovery"] = found["recovery"].of(places)
            if self.ceiling is not None:
                found["convergence"] = found["convergence"].guessed(self.ceiling)
            self._found[key] = found
        known = self._found[key]
        return {name: one.only() for name, one in known.items()} if scalar else known

    def samples_for(
        self,
        *,
        convergence: float | None = None,
        recovery: float | None = None,
        factor: int = 1,
    ) -> RowsNeeded:
        """Return the training rows of each model at which an order parameter meets its target.

        Args:
            convergence: the target for q; or
            recovery: the target for the Q of ``factor``.
            factor: which factor, counted from 1, the strongest.

        Raises:
            InputError: not exactly one target, a target outside (0, 1), or a factor beyond the
                factors that the pilot separates.
        """
        from twinseed.planning.asked import rows_for

        return rows_for(self, {"convergence": convergence, "recovery": recovery}, factor)

    def readout(self, n: ArrayLike) -> xr.Dataset:
        """Return the plan at ``n`` as a readout, which ``compare`` accepts.

        The four planned variables, and the gap ``1 - q``, have half their band over 1.645 as
        standard error. The other variables are theory for the estimated population, without
        calibration, and have no standard error.

        Args:
            n: training rows of each model, one number or several, whole and at least 2.
        """
        from twinseed.planning.written import readout

        return readout(self, n)

    def method(self) -> list[str]:
        """Return sentences on how the plan was made: theory, calibration, simulation, bands."""
        from twinseed.planning.sentences import method

        return method(self)

    def limits(self) -> list[str]:
        """Return sentences on what this pilot cannot show."""
        from twinseed.planning.sentences import limits

        return limits(self)

    def to_dict(self, n: ArrayLike | None = None) -> dict[str, Any]:
        """Return the plan at ``n`` as a dictionary, ready for JSON.

        Args:
            n: training rows of each model; by default 1 to 32 times the rows of the pilot.
        """
        from twinseed.planning.written import dictionary

        return dictionary(self, n)

    def to_frame(self, n: ArrayLike | None = None) -> pd.DataFrame:
        """Return the plan at ``n`` as a table of pandas: one row per variable, n and factor.

        Args:
            n: training rows of each model; by default 1 to 32 times the rows of the pilot.

        Raises:
            MissingExtraError: pandas is not installed.
        """
        from twinseed.planning.written import frame

        return frame(self, n)

    def table(self, n: ArrayLike | None = None) -> list[tuple[str, ...]]:
        """Return the plan at ``n`` as rows of text, the header first.

        The last column is the status of the convergence. A cell with another status names its own.

        Args:
            n: training rows of each model; by default 1 to 32 times the rows of the pilot.
        """
        from twinseed.planning.written import table

        return table(self, n)

    def told(self, n: ArrayLike | None = None, width: int | None = None) -> str:
        """Return the plan at ``n`` as text: a table, how the plan was made, what it cannot show.

        Args:
            n: training rows of each model; by default 1 to 32 times the rows of the pilot.
            width: most characters of a line; None does not wrap the table.
        """
        from twinseed.planning.written import text

        return text(self, n, width)

    def plot(self, n: ArrayLike | None = None, *needed: RowsNeeded) -> Any:
        """Draw the bands as a figure of matplotlib.

        Answers of ``samples_for`` may follow n; the figure marks their targets.

        Args:
            n: training rows of each model; by default 1 to 32 times the rows of the pilot.

        Raises:
            MissingExtraError: matplotlib is not installed.
        """
        from twinseed.planning.figures import plan_curves
        from twinseed.planning.page import drawn_bands

        return plan_curves(drawn_bands(self, n), self.pilot_rows, needed, groups=self.groups)

    def to_html(self, path: str | Path, n: ArrayLike | None = None, *needed: RowsNeeded) -> None:
        """Write the plan as one page of HTML that needs no other file.

        Answers of ``samples_for`` may follow n; the page lists and marks their targets.

        Args:
            path: where the page is written.
            n: training rows of each model; by default 1 to 32 times the rows of the pilot.

        Raises:
            InputError: the file cannot be written; a file that was there stays unchanged.
        """
        from twinseed.planning.page import plan_page

        write_text(path, plan_page(self, needed, n))

    def _repr_html_(self) -> str:
        """Return the table and the sentences as HTML, for a notebook."""
        from twinseed.planning.page import plan_fragment

        return plan_fragment(self)

    def __str__(self) -> str:
        return self.told()

    def __repr__(self) -> str:
        return f"Plan(rows={self.pilot_rows}, d={self.d}, filter={self.filter!r})"
