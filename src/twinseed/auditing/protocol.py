"""What an audit does, in order: check, controls, measurement, references, tests, verdict."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import ExitStack
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from twinseed.auditing.closest import Advance, Roles, closest
from twinseed.auditing.controls import controlled
from twinseed.auditing.copying import Copying, examine, unknown
from twinseed.auditing.references import (
    first_seeds,
    linear_twins,
    predicted_convergence,
    references,
)
from twinseed.auditing.relabelling import Attribution
from twinseed.auditing.result import Audit
from twinseed.auditing.verdict import answers
from twinseed.checks import numeric_rows, whole
from twinseed.errors import InputError
from twinseed.progress import track
from twinseed.randomness import RandomSource, entropy_of, stream
from twinseed.twins import Twins
from twinseed.verbs.measure import measure

__all__ = ["audit"]

GENERATED = 1000
"""Samples drawn from each of ``generators``."""

NoiseToSamples = Callable[[NDArray[np.float64]], ArrayLike]


def audit(
    *,
    train_a: ArrayLike | None = None,
    samples_a: ArrayLike | None = None,
    train_b: ArrayLike | None = None,
    samples_b: ArrayLike | None = None,
    heldout: ArrayLike | None = None,
    rng: RandomSource | None = None,
    twins: Twins | None = None,
    generators: Sequence[NoiseToSamples] | None = None,
    factors: int = 5,
    progress: bool | Callable[[int], None] | None = False,
) -> Audit:
    """Judge one or two generators: is it copying, did the twins converge, what did they recover?

    Equation: the order parameters of ``measure``, about the mean of the real rows, each beside what
    to compare it with: no copying (ratio 1, shares 1/2, held-out level), mismatched seeds, and the
    honest linear model of the same training rows (Gaussian samples with the mean and covariance of
    the rows), measured in the same way. Copying is found where two tests reject at level 0.01:
    closer to the training rows than chance (exact, see ``relabelling.relabelled``) and than that
    linear model (``relabelling.beyond``). Before that, planted copies and fresh held-out rows go
    through the same test; where they are not told apart, copying is not judged.

    Range: p-values from 0.0005 to 1; ``copied_fraction`` from 0 (none) to 1 (every sample).
    Shapes: rows are samples; ``train_a`` (n, d), ``samples_a`` and ``samples_b`` (N, d) with row i
    of both from seed i; ``train_b`` (n', d); ``heldout`` (h, d), seen by neither generator.

    Args:
        train_a: rows that generator A was trained on.
        samples_a: samples of generator A.
        train_b: rows that generator B was trained on.
        samples_b: samples of generator B, from the same seeds as A's.
        heldout: rows of the same source that neither saw; without them copying cannot be judged.
        rng: a seed or a generator; left out, one is drawn. It is recorded in the result.
        twins: all of the above as ``ts.Twins``, instead of the arrays.
        generators: one or two functions from noise (N, d) to samples (N, d), instead of
            ``samples_a`` and ``samples_b``: both are given the same 1,000 rows of standard normals.
        factors: how many leading directions to look at, at most; fewer where there are fewer.
        progress: True shows it on stderr, False does not, None does on a terminal; a function is
            called with the number of steps done since its last call.

    Returns:
        An ``Audit``: ``readout``, ``verdict``, ``copying``, ``to_dict()``, ``to_html(path)``.

    Raises:
        InputError: a bad argument, named, before any work.

    Validity: copies in other features (a crop, a mirror image) or blurred beyond the distance
    between rows are not seen, and no result is a guarantee of privacy (arXiv 2505.01524). All error
    bars take the trained models as given. Training rows that both generators saw leave B's copying
    untested. Memory: in blocks, beyond a copy of the rows compared where the numbers of rows
    differ, and one thin singular value decomposition of each training set.
    Source: Maillard and Goldt, arXiv 2605.21402 (the order parameters).

    >>> import numpy as np, twinseed as ts
    >>> train, heldout = np.random.default_rng(0).standard_normal((2, 60, 5))
    >>> found = ts.audit(train_a=train, samples_a=train[:40] + 0.01, heldout=heldout, rng=0)
    >>> found.outcome["copying"] == "copying", found.copying.p_value < 0.01
    (True, True)
    >>> found.copying.copied_fraction > 0.9
    True
    """
    arrays = {
        "train_a": train_a,
        "samples_a": samples_a,
        "train_b": train_b,
        "samples_b": samples_b,
        "heldout": heldout,
    }
    entropy = entropy_of(np.random.SeedSequence() if rng is None else rng)
    given = _twins(arrays, twins, generators, entropy)
    limit = whole("factors", factors, "pass how many leading directions to look at")
    if given.heldout is not None:
        limit = min(limit, len(given.heldout) - 1)
    limit = min(limit, given.d)
    if given.origin is None:
        given = given.centred()
    with ExitStack() as stack:
        if callable(progress):
            advance: Callable[..., None] = progress
        else:
            track_steps = track(_steps(given), "audit", progress)
            advance = stack.enter_context(track_steps).advance

        def step() -> None:
            advance(1)

        return _judged(given, entropy, limit, step)


def _judged(twins: Twins, entropy: tuple[int, ...], factors: int, advance: Advance) -> Audit:
    controls = controlled(twins, entropy, advance)
    readout = measure(twins, rng=entropy, factors=factors)
    advance()
    linear = linear_twins(twins, entropy)
    # As many samples as the generator gave: directions of few samples are blurred.
    linear_readout = measure(first_seeds(linear, twins.seeds), rng=entropy, factors=factors)
    advance()
    beside = references(readout, linear_readout, predicted_convergence(twins, entropy))
    advance()
    copying = unknown(twins.seeds)
    if twins.heldout is not None:
        copying = _copying(twins, linear, entropy, advance)
    return Audit(
        readout=readout,
        linear=linear_readout,
        references=beside,
        controls=controls,
        copying=copying,
        answers=answers(twins, readout, beside, controls, copying),
    )


def _copying(twins: Twins, linear: Twins, entropy: tuple[int, ...], advance: Advance) -> Copying:
    """Attribute all samples to rows, and examine whose rows they are closest to."""
    draw = stream(entropy, "audit: copying")
    rows, tested = _roles(twins)
    roles = Roles.draw(rows, draw, twins.origin)
    attributed: tuple[list[Attribution], list[Attribution]] = ([], [])
    for name, own in tested:
        honest = linear.samples_a if own == 0 else linear.arrays["samples_b"]
        for samples, side in zip((twins.arrays[name], honest), attributed, strict=True):
            side.append(Attribution(own, closest(samples, roles, draw, advance)))
    return examine(*attributed, blocks=roles.blocks, roles=len(rows), rng=draw)


def _roles(twins: Twins) -> tuple[list[NDArray[Any]], list[tuple[str, int]]]:
    """Return the rows of each role, and each tested generator's samples with its own role.

    With two training sets without common rows, each is held out for the other generator. Where
    rows are shared, A alone is tested; a second generator without ``train_b`` saw A's rows.
    """
    a, heldout = twins.train_a, twins.arrays["heldout"]
    if twins.samples_b is None or twins.shared_training_rows:
        return [a, heldout], [("samples_a", 0)]
    if twins.train_b is None:
        return [a, heldout], [("samples_a", 0), ("samples_b", 0)]
    return [a, twins.train_b, heldout], [("samples_a", 0), ("samples_b", 1)]


def _steps(twins: Twins) -> int:
    steps = 3
    if twins.heldout is not None:
        rows, tested = _roles(twins)
        steps += 2 * len(rows) * len(tested) + (4 if len(twins.heldout) >= 4 else 0)
    return steps


def _twins(
    arrays: dict[str, Any],
    twins: Twins | None,
    generators: Sequence[NoiseToSamples] | None,
    entropy: tuple[int, ...],
) -> Twins:
    present = [name for name, value in arrays.items() if value is not None]
    if twins is not None:
        if not isinstance(twins, Twins):
            raise InputError("twins", "must be ts.Twins", twins, "pass arrays by their own names")
        if present or generators is not None:
            raise InputError(
                "twins",
                "must come alone",
                f"also {', '.join(present) or 'generators'}",
                "pass twins, or the arrays, or generators with the real rows",
            )
        return twins
    if arrays["train_a"] is None:
        raise InputError("train_a", "is needed", None, "pass the rows A was trained on")
    if generators is not None:
        if arrays["samples_a"] is not None or arrays["samples_b"] is not None:
            raise InputError(
                "generators", "must not come with samples", present, "pass one or the other"
            )
        arrays = arrays | _generated(arrays["train_a"], generators, entropy)
    if arrays["samples_a"] is None:
        raise InputError("samples_a", "is needed", None, "pass the samples of generator A")
    if arrays["train_b"] is not None and arrays["samples_b"] is None:
        raise InputError(
            "samples_b",
            "is needed with train_b",
            None,
            "pass generator B's samples from the same seeds, or leave train_b out",
        )
    return Twins(**arrays)


def _generated(
    train_a: ArrayLike, generators: Sequence[NoiseToSamples], entropy: tuple[int, ...]
) -> dict[str, ArrayLike]:
    """Draw the samples of one or two generators from the same noise."""
    remedy = "pass one or two functions from noise (N, d) to samples (N, d)"
    if not isinstance(generators, Sequence) or not 1 <= len(generators) <= 2:
        raise InputError("generators", "must be one or two functions", generators, remedy)
    for number, one in enumerate(generators):
        if not callable(one):
            raise InputError(f"generators[{number}]", "must be a function", one, remedy)
    width = numeric_rows("train_a", np.asarray(train_a)).shape[1]
    noise = stream(entropy, "audit: noise").standard_normal((GENERATED, width))
    noise.flags.writeable = False
    found = [one(noise) for one in generators]
    return dict(zip(("samples_a", "samples_b"), found, strict=False))
