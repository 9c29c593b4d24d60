"""What an audit does, in order: controls, searches, measurement, references, tests, verdict."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from twinseed.auditing.agreement import Agreement, agreement
from twinseed.auditing.controls import controlled
from twinseed.auditing.covariance_null import STATISTICS, Covariance, covariance_null
from twinseed.auditing.estimates import interval
from twinseed.auditing.exhibits import pairs_of
from twinseed.auditing.factors import factors as factors_of
from twinseed.auditing.familiar import familiar
from twinseed.auditing.mirrored import with_mirrors
from twinseed.auditing.preconditions import allowed, screened
from twinseed.auditing.real_rows import DirectionBands, real_rows
from twinseed.auditing.references import first_seeds, linear_twins, references
from twinseed.auditing.result import Audit
from twinseed.auditing.roles import roles_of
from twinseed.auditing.screening import Finding, Fitness, fitness
from twinseed.auditing.searches import Searches
from twinseed.auditing.spaces import each_search
from twinseed.auditing.suspects import suspects_of
from twinseed.auditing.verdict import answers
from twinseed.data.closeness import closeness
from twinseed.data.twins import Twins
from twinseed.matched import matched
from twinseed.numbers import ReadoutNumbers
from twinseed.orders.factor_count import FactorCount
from twinseed.orders.memorisation import Closeness
from twinseed.progress import Progress
from twinseed.randomness import stream
from twinseed.verbs.measure import numbers

__all__ = ["judged", "steps_of"]


def judged(
    twins: Twins,
    shown: Twins,
    found: list[Finding],
    entropy: tuple[int, ...],
    factors: FactorCount,
    visible: float,
    progress: Progress,
) -> Audit:
    """Judge twins; ``shown`` are the same before an encoder, or the twins themselves."""
    units = with_mirrors(twins.rows)
    linear = linear_twins(twins, entropy, shown.classes)
    # As many samples of the linear model as of the generator: directions of few are blurred.
    few = first_seeds(linear, twins.seeds)
    searches = Searches.of(twins, linear, units, entropy, progress)

    def measured_of(one: Twins, near: list[Closeness] | None) -> ReadoutNumbers:
        known = closeness(one, entropy) if near is None else near
        return numbers(one, known, rng=entropy, factors=factors.asked)

    near, beside_near = searches.closeness()
    measured = measured_of(twins, near)
    progress.advance()
    rows = real_rows(twins.rows, entropy)
    expected = matched(rows, twins.n, factors.count)

    def null() -> Covariance | None:
        # One Gaussian is no honest model of several classes: each class has a null of its own.
        if expected is None or twins.heldout is None or shown.classes is not None:
            return None
        seen = {name: float(measured[name]) for name in STATISTICS}
        return covariance_null(twins, expected.population, seen, searches.pool.equal, entropy)

    def agreed() -> Agreement:
        axes = DirectionBands.of(rows)
        return agreement(twins, linear, axes, expected, entropy, as_given=shown)

    def fit() -> tuple[list[Finding], Fitness]:
        first = screened(shown, entropy)
        return first, fitness(twins.rows, entropy, [*first, *found])

    share = interval(measured, "memorisation_share_euclidean")
    # None of these needs another one; the longest come first, so that the threads end together.
    stages: list[Callable[[], Any]] = [
        null,
        lambda: searches.examined(stream(entropy, "audit: copying")),
        lambda: familiar(twins, share, entropy),
        agreed,
        fit,
        lambda: controlled(twins.rows, units, entropy),
        lambda: factors_of(twins, measured, few, expected, entropy),
        lambda: measured_of(few, beside_near),
    ]
    found_in = each_search(stages, searches.pool, twins.rows.versions, progress.advance)
    covariance, copying, known, agreeing, (first, fitted), controls, recovered, honest = found_in
    copying = replace(copying, covariance=covariance)
    beside = references(measured, honest, agreeing.predicted)
    told = answers(twins, measured, beside, controls, copying, agreeing, recovered, visible)
    progress.advance(max(1, progress.total - progress.done))
    return Audit(
        measured=measured,
        matched=honest,
        references=beside,
        controls=controls,
        copying=copying,
        agreement=agreeing,
        factors=recovered,
        fitness=fitted.beside(copying),
        pairs=pairs_of(shown, copying),
        answers=allowed(told, first),
        suspects=suspects_of(shown, copying),
        familiar=known,
    )


def steps_of(twins: Twins) -> int:
    _, tested = roles_of(twins)
    spaces = 5 if twins.columns is None else 1
    heldout = twins.heldout is not None
    return 11 + len(tested) * (1 + spaces + heldout)
