"""What an audit does, in order: controls, searches, measurement, references, tests, verdict."""

from __future__ import annotations

from twinseed.auditing.agreement import agreement
from twinseed.auditing.controls import controlled
from twinseed.auditing.covariance_null import STATISTICS, covariance_null
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
from twinseed.auditing.screening import Finding, fitness
from twinseed.auditing.searches import Searches
from twinseed.auditing.suspects import suspects_of
from twinseed.auditing.verdict import answers
from twinseed.data.closeness import closeness
from twinseed.data.twins import Twins
from twinseed.matched import matched
from twinseed.orders.factor_count import FactorCount
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
    controls = controlled(twins.rows, units, entropy, progress)
    linear = linear_twins(twins, entropy, shown.classes)
    # As many samples of the linear model as of the generator: directions of few are blurred.
    few = first_seeds(linear, twins.seeds)
    searches = Searches.of(twins, linear, units, entropy, progress)
    near = searches.closeness()
    readouts = []
    for one, found_near in zip((twins, few), near, strict=True):
        known = closeness(one, entropy) if found_near is None else found_near
        readouts.append(numbers(one, known, rng=entropy, factors=factors.asked))
        progress.advance()
    measured, honest = readouts
    rows = real_rows(twins.rows, entropy)
    expected = matched(rows, twins.n, factors.count)
    agreed = agreement(twins, linear, DirectionBands.of(rows), expected, entropy, as_given=shown)
    recovered = factors_of(twins, measured, few, expected, entropy)
    beside = references(measured, honest, agreed.predicted)
    null = None
    # One Gaussian is no honest model of several classes: each class has a null of its own.
    if expected is not None and twins.heldout is not None and shown.classes is None:
        seen = {name: float(measured[name]) for name in STATISTICS}
        null = covariance_null(twins, expected.population, seen, searches.pool.equal, entropy)
    copying = searches.examined(stream(entropy, "audit: copying"), null)
    progress.advance(max(1, progress.total - progress.done))
    first = screened(shown, entropy)
    return Audit(
        measured=measured,
        matched=honest,
        references=beside,
        controls=controls,
        copying=copying,
        agreement=agreed,
        factors=recovered,
        fitness=fitness(twins.rows, copying, entropy, [*first, *found]),
        pairs=pairs_of(shown, copying),
        answers=allowed(
            answers(twins, measured, beside, controls, copying, agreed, recovered, visible), first
        ),
        suspects=suspects_of(shown, copying),
        familiar=familiar(twins, interval(measured, "memorisation_share_euclidean"), entropy),
    )


def steps_of(twins: Twins) -> int:
    _, tested = roles_of(twins)
    spaces = 5 if twins.columns is None else 1
    heldout = twins.heldout is not None
    controls = 2 if twins.heldout is not None and len(twins.heldout) >= 4 else 0
    return 4 + len(tested) * (1 + spaces + heldout) + controls
