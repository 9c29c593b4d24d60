"""The verb ``plan``: how many training rows twin models need, from a few rows of the data."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from twinseed.blocks import row_blocks
from twinseed.checks import numeric_rows, positive, whole
from twinseed.data.digests import row_digests
from twinseed.data.scaling import spreads
from twinseed.errors import InputError
from twinseed.filters import Filter, Ridge, require_filter
from twinseed.lanes import chosen
from twinseed.planning.answer import Plan
from twinseed.planning.calibration import calibrated
from twinseed.planning.curves import coupled
from twinseed.planning.groups import gap_errors, grouped
from twinseed.planning.normality import heaviest_direction
from twinseed.planning.pairs import spanned
from twinseed.populations import Estimated, estimate_population
from twinseed.progress import ShowProgress, track
from twinseed.randomness import RandomSource, entropy_of
from twinseed.readers import with_columns
from twinseed.verbs.places import working

__all__ = ["plan"]

_PLAIN = Ridge(0.0)
_REPEATED = 0.1
"""Share of rows that equal an earlier row, from which the rows must be coarse."""
_FINE = 0.9
"""Share of different values, from which a column is not coarse."""


def plan(
    pilot: Any,
    *,
    filter: Filter = _PLAIN,
    rng: RandomSource = 0,
    resamples: int = 40,
    splits: int = 30,
    ceiling: float | None = None,
    column_units: bool = True,
    workers: int | None = None,
    cluster: str | None = None,
    progress: ShowProgress = None,
) -> Plan:
    """Plan how much data twin models need, from a pilot data set however small.

    Equation: the formulas of ``predict`` are evaluated for the population that
    ``estimate_population`` estimates, at n - 1 rows, because the models estimate their mean. The
    pilot is then split at random into halves. What linear models of the halves show corrects the
    formulas: the odds ``(1 - q)/q`` of disagreement by a factor c; the memorisation ratio, the
    memorisation share and the recovery by factors of their own. Where a formula is a leading order,
    simulated Gaussian rows of the estimated population replace the formula, up to eight times the
    rows of the pilot. Bands: ``resamples`` Gaussian pilots are drawn from the estimated population
    and planned in the same way; the spread of their plans is multiplied by how much more the halves
    of this pilot vary than the halves of Gaussian pilots. For rows that are not Gaussian, the bands
    widen with n. Range: n from 2; beyond the rows of the pilot the status is "extrapolated".

    Args:
        pilot: rows of the data, at least 8; 60 or more are better. A data frame or a table of
            ``readers.load`` becomes numbers as in ``audit``: each category is a column of its own.
        filter: the regularisation of the models.
        rng: a seed or a numpy Generator. The same seed gives the same plan.
        resamples: number of pilots drawn for the bands, at least 10.
        splits: random splits of the pilot into halves, 2 or more; a pilot of many rows and columns
            is split less often. 0 does not correct the formulas, and makes the bands too narrow for
            rows that are not Gaussian.
        ceiling: the convergence of two trainings of a network on the *same* rows, from other
            initial weights, above 0 and at most 1. The convergence is then planned for such a
            network, as the convergence of linear models times the ceiling. This is a guess.
        column_units: True divides each column of numbers of a table by its spread in the pilot, as
            ``audit`` does, so that no column counts more because of its unit; False keeps the units
            of the table. An array has one unit, and is never changed.
        workers: threads of this process; by default as many as processors that this process may
            use. The plan is the same, to the last bit, for any number.
        cluster: the address of a Dask scheduler, whose workers draw the pilots and fit the models,
            instead of ``workers``; the filter must be of an importable module.
        progress: True shows it on stderr, False does not, None does on a terminal; a function is
            called with the number of resamples and splits done since its last call.

    Returns:
        A plan: ``.convergence(n)``, ``.recovery(n)``, ``.memorisation_ratio(n)``,
        ``.memorisation_share(n)``, ``.samples_for(convergence=0.9)``, ``.readout(n)``,
        ``.plot(n)``, ``.to_html(path)``, ``.method()``, which says what was done, and
        ``.limits()``, which says what the pilot cannot show.

    Raises:
        InputError: fewer than 8 rows, bad values (see ``estimate_population``), many rows that
            equal an earlier row although a column hardly repeats a number, fewer than 10
            resamples, one split, a ceiling out of range, or a filter without theory.

    Validity: independent rows; the linear model, which a trained network follows at a larger n.
    Source: El Karoui, Ann. Statist. 36 (2008), for the estimate; Maillard and Goldt, arXiv
    2605.21402, for the order parameters; Efron and Stein, Ann. Statist. 9 (1981), for the
    jackknife.

    >>> import numpy as np
    >>> import twinseed as ts
    >>> rows = ts.Spiked([8.0]).sample(100, 200, np.random.default_rng(1))
    >>> found = ts.plan(rows, resamples=10, splits=4)
    >>> needed = found.samples_for(convergence=0.9)
    >>> bool(needed.low < needed.value < needed.high)
    True

    See also: ``estimate_population``, ``predict``.
    """
    require_filter("filter", filter)
    count = whole("resamples", resamples, "pass 40, or at least 10", at_least=10)
    halvings = whole("splits", splits, "pass 30, or 0 for no calibration", at_least=0)
    if halvings == 1:
        raise InputError("splits", "must be 0, or 2 or more", splits, "pass 30")
    if ceiling is not None:
        remedy = "pass the convergence of two trainings on the same rows, such as 0.95"
        ceiling = positive("ceiling", ceiling, remedy)
        if ceiling > 1.0:
            raise InputError("ceiling", "must be at most 1", ceiling, remedy)
    if not isinstance(column_units, bool | np.bool_):
        raise InputError("column_units", "must be True or False", column_units, "pass one of them")
    chosen(workers)
    entropy = entropy_of(rng)
    rows, sentences = _comparable(pilot, bool(column_units))
    try:
        population = estimate_population(rows)
    except InputError as error:
        named = error.argument.replace("data", "pilot", 1)
        raise InputError(named, error.problem, error.value, error.remedy) from error
    repeated = _repeated(rows)
    coupled(population, filter, np.array([float(len(rows))]))  # a filter without theory stops here
    unevenness = unevenness_of(rows, population)
    with working(workers, cluster), track(count + halvings, "plan", progress) as shown:
        errors = gap_errors(rows, population, entropy)
        groups = grouped(population.factors, errors)
        found = calibrated(
            rows,
            population,
            filter,
            groups,
            errors,
            count,
            halvings,
            entropy,
            shown.advance,
            unevenness,
        )
        if halvings > found.splits:
            shown.advance(halvings - found.splits)
    return Plan(
        population,
        found,
        filter,
        groups=groups,
        pilot_rows=len(rows),
        unevenness=unevenness,
        heaviest=heaviest_direction(spanned(rows)),
        resamples=count,
        entropy=entropy,
        ceiling=ceiling,
        units=sentences,
        repeated=repeated,
    )


def _comparable(pilot: Any, column_units: bool) -> tuple[NDArray[Any], tuple[str, ...]]:
    """Return the rows as numbers that can be compared, and sentences on the columns of a table."""
    given, columns = with_columns({"pilot": pilot})
    rows = numeric_rows("pilot", given["pilot"])
    if columns is None:
        return rows, ()
    sentences = list(columns.notes)
    if any(one.categories for one in columns):
        sentences.append("Each category of a column of words is a column of its own.")
    if column_units:
        rows = rows / spreads([rows], columns)
        sentences.append(
            "Each column of numbers was divided by its spread in the pilot, so that no column "
            "counts more because of its unit."
        )
    return rows, tuple(sentences)


def _repeated(rows: NDArray[Any]) -> int:
    """Return how many rows equal an earlier row; refuse many that chance cannot have made equal.

    Chance makes rows equal where every column is coarse. A repeated row would be taken for an
    independent one, and the plan would be too hopeful.
    """
    first = np.unique(row_digests(rows, rows.dtype), return_index=True)[1]
    again = len(rows) - first.size
    if again >= _REPEATED * len(rows):
        for j in range(rows.shape[1]):
            if np.unique(rows[first, j]).size >= _FINE * first.size:
                raise InputError(
                    "pilot",
                    f"must not repeat rows: {again:,} of {len(rows):,} rows equal an earlier row, "
                    f"although column {j + 1} hardly repeats a number",
                    f"{first.size:,} different rows",
                    "pass each row once",
                )
    return again


def unevenness_of(rows: NDArray[Any], population: Estimated) -> float:
    """``(E|x|^4 - tr Sigma^2)/((tr Sigma)^2 + tr Sigma^2)``, which is 1 for Gaussian rows.

    This is the noise of a sample covariance over the noise for Gaussian rows, from the lengths of
    the rows alone. The variance of ``|x|^2`` over its value for Gaussian rows is not used: this
    ratio is large for independent columns of moderate tails, which hardly change the order
    parameters.
    """
    mean = rows.mean(axis=0, dtype=np.float64)
    lengths = np.concatenate([((block - mean) ** 2).sum(axis=1) for _, block in row_blocks(rows)])
    variances = population.eigenvalues(rows.shape[1])
    trace, square = float(variances.sum()), float(np.dot(variances, variances))
    return 1.0 + (float(lengths.var(ddof=1)) - 2.0 * square) / (trace**2 + square)
