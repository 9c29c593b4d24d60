"""The verb ``measure``: every order parameter from arrays."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from twinseed import orders
from twinseed.checks import refuse_positional, whole
from twinseed.data.twins import Twins
from twinseed.deprecated import warn_of
from twinseed.errors import InputError
from twinseed.lanes import Place, chosen, placed
from twinseed.numbers import ReadoutNumbers
from twinseed.orders import memorisation
from twinseed.orders.evidence import Evidence
from twinseed.orders.reference import Reference, counted
from twinseed.progress import ShowProgress
from twinseed.randomness import RandomSource, entropy_of
from twinseed.readout import Estimate, Readout, gathered
from twinseed.status import Status

__all__ = ["checked_resamples", "measure", "measured", "numbers"]


def measure(
    twins: Twins | None = None,
    *positional: Any,
    rng: RandomSource | None = None,
    factors: int = 5,
    reference: ArrayLike | None = None,
    resamples: int = 200,
    workers: int | None = None,
    progress: ShowProgress = False,
    closeness: Sequence[memorisation.Closeness] | None = None,
) -> Readout:
    """Measure every order parameter of twins, each with its error bar.

    Equation: the functions ``from_evidence`` of ``twinseed.orders`` give each variable's estimator.
    Range: see ``readout.VARIABLES``. Shapes: a readout without grid; recovery and convergence along
    a factor have a dimension ``factor``, of length ``factors`` or less. Its coordinates n and d are
    of ``train_a``.

    Args:
        twins: the samples and the rows behind them.
        rng: a seed or a generator; it draws the bootstrap, the groups of rows and, where training
            and held-out rows differ in number, the subset of the larger side.
        factors: how many leading directions recovery compares; fewer where fewer exist, which the
            attribute ``factors_told`` then says in a sentence.
        reference: rows whose principal directions stand for the true directions; held-out rows by
            default.
        resamples: bootstrap draws; 0 leaves error bars out (a simulation has replicates instead).
        workers: threads that search nearest rows, and find the directions without each group of
            rows; by default as many as processors that this process may use. The numbers are the
            same, to the last bit, for any number.
        progress: True shows it on stderr, False does not, None does on a terminal; a function is
            called with the number of pairs of a sample and a row compared since its last call.
        closeness: deprecated, until 0.3.0; write ``twinseed.verbs.measure.measured(twins,
            closeness, rng=...)``.

    Returns:
        A readout. A variable that the arrays do not determine is "not identifiable": calibrated
        memorisation without held-out rows, convergence without a second generator. Attributes: the
        data's ``fingerprint``, the seed's ``entropy``, numbers of seeds and rows; the attribute
        ``resampled`` of an error bar says what was resampled.

    Raises:
        InputError: a bad argument, named, before any work.

    Validity: every error bar holds the trained models fixed. Where columns are constant in
    training, statuses say so; such columns leave centred measures unchanged.
    Source: Maillard and Goldt, arXiv 2605.21402 (memorisation, convergence, recovery).

    >>> import twinseed as ts
    >>> rng = np.random.default_rng(0)
    >>> train_a, train_b, heldout = rng.standard_normal((3, 100, 8))
    >>> copies = ts.Twins(train_a[:50], train_b[:50], train_a, train_b, heldout)
    >>> readout = ts.measure(copies, rng=0)
    >>> float(readout.memorisation), float(readout.memorisation_share)
    (1.0, 1.0)

    See also: ``Twins``, ``Accumulator``, ``measure_shards``, ``audit``, ``compare``.
    """
    right = "ts.measure(ts.Twins(train_a=..., samples_a=..., heldout=...), rng=0)"
    if not isinstance(twins, Twins):
        raise InputError("twins", "must be ts.Twins", type(twins).__name__, f"call {right}")
    refuse_positional(positional, "measure", right)
    if rng is None:
        raise InputError("rng", "is needed", None, f"pass a seed: {right}")
    entropy = entropy_of(rng)
    draws = checked_resamples(resamples)
    place = Place(chosen(workers))
    counted(twins.rows, factors, reference)  # refuses a bad argument before the search
    if closeness is not None:
        right = "twinseed.verbs.measure.measured(twins, closeness, rng=...)"
        warn_of("closeness of measure", right, stacklevel=2)
    with placed(place):
        if closeness is None:
            groups = memorisation.GROUPS if draws else 1
            closeness = memorisation.closeness(twins, entropy, groups=groups, progress=progress)
        return measured(
            twins, closeness, rng=entropy, factors=factors, reference=reference, resamples=draws
        )


def measured(twins: Twins, found: Sequence[memorisation.Closeness], **options: Any) -> Readout:
    """Return the readout of ``measure``, from the result of ``memorisation.closeness``.

    Args:
        twins: the samples and the rows behind them.
        found: how close the samples are to the rows.
        options: ``rng``, ``factors``, ``reference`` and ``resamples``, as ``numbers`` takes them.
    """
    return numbers(twins, found, **options).dataset()


def numbers(
    twins: Twins,
    found: Sequence[memorisation.Closeness],
    *,
    rng: RandomSource,
    factors: int = 5,
    reference: ArrayLike | None = None,
    resamples: int = 200,
) -> ReadoutNumbers:
    """Return the numbers of ``measured``, which ``dataset()`` makes into the readout."""
    entropy = entropy_of(rng)
    target = Reference.of_rows(
        twins.rows, entropy, factors=factors, reference=reference, resamples=resamples
    )
    estimates = orders.measured(Evidence(twins, entropy, target, found, resamples))
    asked, eigenvalues = target.asked.at_most(target.count), target.eigenvalues
    fewer = {"factors_asked": asked.asked, "factors_told": asked.told} if asked.told else {}
    ranks = np.arange(1, eigenvalues.size + 1, dtype=np.float64)
    return gathered(
        _naming_constant_columns(estimates) if twins.rows.constant_columns else estimates,
        source="measure",
        coords={"n": twins.n, "d": twins.d, "gamma": twins.n / twins.d},
        factors=ranks if np.any(np.isnan(eigenvalues)) else eigenvalues,
        attrs={
            "fingerprint": twins.fingerprint,
            "entropy": " ".join(str(word) for word in entropy),
            "seeds": twins.seeds,
            "rows_train_a": twins.n,
            "rows_train_b": 0 if twins.train_b is None else len(twins.train_b),
            "rows_heldout": 0 if twins.heldout is None else len(twins.heldout),
            "rows_compared": memorisation.rows_compared(twins),
            "shared_training_rows": twins.rows.shared_training_rows,
            "constant_columns": twins.rows.constant_columns,
            "centred": int(twins.origin is not None),
            "resamples": resamples,
            **fewer,
        },
    )


def checked_resamples(resamples: int) -> int:
    """Return the number of bootstrap draws, if it is 0 or at least 2."""
    draws = whole("resamples", resamples, "pass the number of bootstrap draws", at_least=0)
    if draws == 1:
        raise InputError(
            "resamples", "must not be 1", 1, "pass 0 or 200; one draw gives no standard error"
        )
    return draws


def _naming_constant_columns(estimates: Mapping[str, Estimate]) -> dict[str, Estimate]:
    """Return estimates whose status "ok" is replaced: it says that some columns never vary."""
    return {
        name: replace(
            estimate,
            status=np.where(
                np.asarray(estimate.status, dtype="<U32") == str(Status.OK),
                str(Status.CONSTANT_COLUMNS),
                np.asarray(estimate.status, dtype="<U32"),
            ),
        )
        for name, estimate in estimates.items()
    }
