"""The verb ``audit``: checks what is given, and judges it, all rows together and by class."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from os import PathLike
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from twinseed.auditing.classes import judged_by_class
from twinseed.auditing.intake import GENERATED, LiveGenerator, said_of, twins_given
from twinseed.auditing.judging import judged, steps_of
from twinseed.auditing.result import Audit
from twinseed.auditing.screening import Finding
from twinseed.auditing.verdict import VISIBLE
from twinseed.checks import positive, refuse_positional, whole
from twinseed.data.features import Encoder
from twinseed.data.scaling import in_column_units
from twinseed.data.twins import Twins
from twinseed.data.versions import UpTo
from twinseed.errors import InputError
from twinseed.orders.recovery import counted
from twinseed.progress import Progress, ShowProgress, track
from twinseed.randomness import RandomSource, entropy_of
from twinseed.readers import notes_of
from twinseed.verbs.places import working

__all__ = ["audit"]


def audit(
    *positional: Any,
    train_a: ArrayLike | None = None,
    samples_a: ArrayLike | None = None,
    train_b: ArrayLike | None = None,
    samples_b: ArrayLike | None = None,
    heldout: ArrayLike | None = None,
    rng: RandomSource | None = None,
    twins: Twins | None = None,
    generators: Sequence[LiveGenerator] | None = None,
    seeds: int = GENERATED,
    encoder: Encoder | None = None,
    cache: str | PathLike[str] | None = None,
    factors: int = 5,
    groups: str | Mapping[str, Any] | None = None,
    labels: str | Mapping[str, Any] | None = None,
    up_to: UpTo | None = None,
    visible: float = VISIBLE,
    column_units: bool = True,
    workers: int | None = None,
    cluster: str | None = None,
    progress: ShowProgress = False,
) -> Audit:
    """Judge one or two generators: do they copy, do the twins agree, which factors did they learn?

    Equation: the order parameters of ``measure``, about the mean of the real rows, each beside what
    to compare it with: no copying (ratio 1, shares 1/2, held-out level), mismatched seeds, and the
    honest linear model of the same training rows (Gaussian samples with the mean and covariance of
    the rows), measured in the same way. Copying is found where samples are closer to the training
    rows than chance (an exact test at level 0.01, see ``relabelling.relabelled``) and copies stand
    out beside real rows (``copied_fraction.copied``), or where a sample equals a training row by
    more than chance allows (``named.named_copies``). Samples that are closer than chance and than
    the linear model (``relabelling.beyond``), while none stands out, show overfitting. Planted
    copies and fresh held-out rows go through the same test: where planted copies are not found,
    there is no acquittal, and where fresh rows are, there is no accusation. First of all samples
    are compared with the real rows: another unit or order is named, and not judged.

    Range: p-values from 0.0005 to 1; ``copied_fraction`` from 0 (none) to 1 (every sample).
    Shapes: rows are samples; ``train_a`` (n, d), ``samples_a`` and ``samples_b`` (N, d) with row i
    of both from seed i; ``train_b`` (n', d); ``heldout`` (h, d), seen by neither generator.

    Args:
        train_a: rows that generator A was trained on.
        samples_a: samples of generator A.
        train_b: rows that generator B was trained on.
        samples_b: samples of generator B, from the same seeds as A's.
        heldout: rows of the same source that neither generator saw. Copying cannot be judged
            without held-out rows: they show how close a sample comes to real rows by chance.
        rng: a seed or a numpy Generator; if left out, a seed is drawn. The seed is recorded in the
            result.
        twins: all of the above as ``ts.Twins``, instead of the arrays.
        generators: one or two functions from noise (N, d) to samples (N, d), or objects with such a
            method ``sample``, as ``ts.TorchGenerator``, ``ts.DenoiserFlow`` and
            ``ts.PipelineGenerator``, instead of ``samples_a`` and ``samples_b``: both are given the
            same rows of standard normals, of the data's width or of the objects' ``noise_shape``.
        seeds: number of samples to draw from each of ``generators``.
        encoder: a function from rows, or images, to features; the audit judges the features, see
            ``Twins.encoded``.
        cache: a folder that keeps the features.
        factors: largest number of leading directions to compare.
        groups: which real rows belong together, such as the visits of one person: one label for
            each row of each real array, by the name of the array, or the name of a column of all
            tables, which is then left out of what is compared; see ``Twins``.
        labels: the class of each sample and of each real row, for generators that are given a
            class; the same form.
        up_to: what does not distinguish two rows: "flip", "rot90" and "shift:2" for mirror images,
            turned and shifted images, "brightness" and "affine" for brightness and contrast,
            several with commas between them, or a function that lists the versions of a row; see
            ``Twins``.
        visible: the copied fraction that must have been visible before "no sign of copying" is
            said.
        column_units: True divides each column of numbers of a table by its spread over all real
            rows, so that no column counts more because of its unit; False compares the columns
            unchanged. Images, and arrays without columns, are always compared unchanged.
        workers: threads of this process; by default as many as processors that this process may
            use. The answer is the same, to the last bit, for any number.
        cluster: the address of a Dask scheduler, such as "tcp://127.0.0.1:8786", whose workers
            search the nearest rows and simulate the covariance null. The arrays may then come in
            shards, as for ``measure_shards``. The answer is the same, to the last bit.
        progress: True shows it on stderr, False does not, None does on a terminal; a function is
            called with the number of steps done since its last call.

    Returns:
        An ``Audit``: ``readout``, ``verdict``, ``copying``, ``to_dict()``, ``to_html(path)``.

    Raises:
        InputError: a bad argument, named, before any work.

    Validity: copies in other features (a crop, a mirror image) or blurred beyond the distance
    between rows are not seen, and no result is a guarantee of privacy (arXiv 2505.01524). All error
    bars hold the trained models fixed. Memory: in blocks, beyond a copy of rows that both
    generators were trained on, and one thin singular value decomposition of each training set.
    Source: Maillard and Goldt, arXiv 2605.21402 (the order parameters).

    >>> import numpy as np, twinseed as ts
    >>> train, heldout = np.random.default_rng(0).standard_normal((2, 60, 5))
    >>> found = ts.audit(train_a=train, samples_a=train[:40] + 0.01, heldout=heldout, rng=0)
    >>> found.outcome["copying"] == "copying", found.copying.p_value < 0.01
    (True, True)
    >>> found.copying.copied_fraction > 0.9
    True

    See also: ``measure``, ``Twins``, ``TorchGenerator``, ``DenoiserFlow``, ``PipelineGenerator``.
    """
    right = "ts.audit(train_a=..., samples_a=..., heldout=..., rng=0)"
    if len(positional) == 1 and isinstance(positional[0], Twins):
        right = "ts.audit(twins=twins, rng=0)"
    refuse_positional(positional, "audit", right)
    arrays = {
        "train_a": train_a,
        "samples_a": samples_a,
        "train_b": train_b,
        "samples_b": samples_b,
        "heldout": heldout,
    }
    entropy = entropy_of(np.random.SeedSequence() if rng is None else rng)
    about = {"groups": groups, "labels": labels, "up_to": up_to}
    share = _share(visible)
    with working(workers, cluster, arrays) as whole_arrays:
        given, found = twins_given(whole_arrays, twins, generators, seeds, entropy, about)
        options = (encoder, cache, factors, share, column_units, progress)
        return _audited(given, found, entropy, *options)


def _audited(
    given: Twins,
    found: list[Finding],
    entropy: tuple[int, ...],
    encoder: Encoder | None,
    cache: str | PathLike[str] | None,
    factors: int,
    visible: float,
    column_units: bool,
    progress: ShowProgress,
) -> Audit:
    """Do what ``audit`` does, at the place that was chosen."""
    shown = given
    given = given.normalised()
    if encoder is not None:
        given = given.encoded(encoder, cache)
    if not isinstance(column_units, bool | np.bool_):
        raise InputError("column_units", "must be True or False", column_units, "pass one of them")
    if column_units and shown.columns is not None:
        given = in_column_units(given)
        found = [*_as_read(shown), *found]
    whole("factors", factors, "pass how many leading directions to look at")
    if given.origin is None:
        given = given.centred()
    asked = counted(given.rows, factors)
    if asked.told:
        numbers = {"asked": asked.asked, "looked_at": asked.count}
        found = [*found, Finding("fewer factors", asked.told, numbers)]
    with track(steps_of(given), "audit", progress) as steps:
        found_in_all = judged(given, shown, found, entropy, asked, visible, steps)
    found_in_all = replace(found_in_all, settings=said_of(shown, visible))
    if shown.classes is None:
        return found_in_all

    def alone(one: Twins, as_given: Twins) -> Audit:
        few = counted(one.rows, factors)
        return judged(one, as_given, [], entropy, few, visible, Progress(steps_of(one)))

    return judged_by_class(found_in_all, given, shown, alone)


def _as_read(shown: Twins) -> list[Finding]:
    """Return how tables were read, and that their columns were divided by their spread."""
    told = [Finding("as read", sentence) for sentence in notes_of(shown.layout)]
    if any(not column.categories for column in shown.layout):
        told.append(
            Finding(
                "column units",
                "Each column of numbers was divided by its spread over all real rows, so that no "
                "column counts more because of its unit.",
            )
        )
    return told


def _share(visible: float) -> float:
    """Return a share above 0 and at most 1."""
    remedy = "pass a share of the samples, such as 0.1"
    share = positive("visible", visible, remedy)
    if share > 1.0:
        raise InputError("visible", "must be at most 1", visible, remedy)
    return share
