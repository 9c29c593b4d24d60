"""Generators of the calibration study, and one audit of copying without the rest of an audit.

The copying test is run by the calls that ``ts.audit`` makes, with the same random streams, so that
p-values and outcomes are those of the whole audit; what an audit does besides is left out.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from docs.studies.calibration_data import Roles, Rows

from twinseed.arrays import Array
from twinseed.auditing.controls import Controls, controlled
from twinseed.auditing.copying import LEVEL, Copying
from twinseed.auditing.mirrored import with_mirrors
from twinseed.auditing.preconditions import allowed, screened
from twinseed.auditing.references import first_seeds, linear_twins
from twinseed.auditing.searches import Searches
from twinseed.auditing.verdict import VISIBLE, Answer, Outcome
from twinseed.auditing.verdict.copying import LIKELY
from twinseed.data.scaling import in_column_units
from twinseed.data.twins import Twins
from twinseed.progress import Progress
from twinseed.randomness import stream

__all__ = ["BAD", "HONEST", "Drawn", "Model", "audited", "outcome_of", "twins_of"]

_FEW = 4  # samples of the linear model where its test cannot matter


@dataclass(frozen=True, eq=False)
class Drawn:
    """Samples of a model; ``fewest``: rows of its smallest component, NaN without components."""

    samples: Array
    fewest: float = float("nan")


Model = Callable[[Roles, int, np.random.Generator], Drawn]
"""From roles, of which only the training rows may be used, to a number of samples."""


def _mixture(components: int, covariance: str, floor: float = 1e-3) -> Model:
    def draw(roles: Roles, count: int, rng: np.random.Generator) -> Drawn:
        from sklearn.mixture import GaussianMixture

        centre, width = _scale(roles.train)
        seed = int(rng.integers(1 << 31))
        model = GaussianMixture(
            components, covariance_type=covariance, reg_covar=floor, random_state=seed, max_iter=50
        ).fit((roles.train - centre) / width)
        made = rng.permutation(model.sample(count)[0])
        return Drawn(centre + width * made, float(model.weights_.min()) * len(roles.train))

    return draw


def _clusters(roles: Roles, count: int, rng: np.random.Generator) -> tuple[Any, Any, Any]:
    from sklearn.cluster import KMeans

    centre, width = _scale(roles.train)
    whitened = (roles.train - centre) / width
    found = KMeans(count, n_init=1, random_state=int(rng.integers(1 << 31))).fit(whitened)
    return found, whitened, (centre, width)


def _by_class(roles: Roles, count: int, rng: np.random.Generator) -> Drawn:
    """Draw from a Gaussian for each of four classes, found by k-means."""
    found, whitened, (centre, width) = _clusters(roles, 4, rng)
    sizes = np.bincount(found.labels_, minlength=4)
    made = []
    for label in rng.choice(4, count, p=sizes / sizes.sum()):
        here = whitened[found.labels_ == label]
        # A combination of the deviations of the class's rows has their covariance.
        mix = rng.standard_normal(len(here)) / np.sqrt(len(here))
        noise = 0.03 * rng.standard_normal(here.shape[1])
        made.append(here.mean(axis=0) + mix @ (here - here.mean(axis=0)) + noise)
    return Drawn(centre + width * np.stack(made), float(sizes.min()))


def _residuals(kernel: float | None) -> Model:
    """Draw Gaussian scores of the main directions, and residuals by a kernel density estimate.

    ``kernel``: its width, in deviations of the residuals; None: that of Scott's rule.
    """

    def draw(roles: Roles, count: int, rng: np.random.Generator) -> Drawn:
        centre, width = _scale(roles.train)
        whitened = (roles.train - centre) / width
        n, d = whitened.shape
        rank = min(8, d // 2)
        _, sizes, directions = np.linalg.svd(whitened, full_matrices=False)
        main = directions[:rank]
        rest = whitened - whitened @ main.T @ main
        scores = rng.standard_normal((count, rank)) * sizes[:rank] / np.sqrt(n)
        kept = rest[rng.integers(0, n, count)]
        wide = n ** (-1 / (d - rank + 4)) if kernel is None else kernel
        blur = wide * rest.std(axis=0) * rng.standard_normal(kept.shape)
        return Drawn(centre + width * (scores @ main + kept + blur))

    return draw


def _collapsed(roles: Roles, count: int, rng: np.random.Generator) -> Drawn:
    """Draw close to the means of four clusters only."""
    found, _, (centre, width) = _clusters(roles, 4, rng)
    modes = found.cluster_centers_[rng.integers(0, 4, count)]
    made = modes + 0.1 * rng.standard_normal(modes.shape)
    return Drawn(centre + width * made, float(np.bincount(found.labels_).min()))


def _shifted(roles: Roles, count: int, rng: np.random.Generator) -> Drawn:
    """Draw from a Gaussian whose mean is off by a deviation in three columns of ten."""
    drawn = _mixture(1, "full")(roles, count, rng)
    off = rng.random(roles.train.shape[1]) < 0.3
    return Drawn(drawn.samples + off * roles.train.std(axis=0))


def _narrow(roles: Roles, count: int, rng: np.random.Generator) -> Drawn:
    """Draw from a Gaussian with a third of the variance."""
    drawn = _mixture(1, "full")(roles, count, rng)
    centre = roles.train.mean(axis=0)
    return Drawn(centre + (drawn.samples - centre) / np.sqrt(3))


HONEST: Mapping[str, Model] = {
    "1 Gaussian": _mixture(1, "full"),
    "3 Gaussians, full": _mixture(3, "full"),
    "6 Gaussians, full": _mixture(6, "full"),
    "6 Gaussians, tied": _mixture(6, "tied"),
    "6 Gaussians, diagonal": _mixture(6, "diag"),
    "15 Gaussians, diagonal": _mixture(15, "diag"),
    "a Gaussian for each class": _by_class,
    "PCA + KDE of residuals": _residuals(0.2),
    "PCA + KDE, Scott's width": _residuals(None),
    "collapse to 4 modes": _collapsed,
}
BAD: Mapping[str, Model] = {"columns shifted": _shifted, "a third of the variance": _narrow}


def _scale(train: Array) -> tuple[Array, Array]:
    width = train.std(axis=0)
    return train.mean(axis=0), np.where(width > 0, width, 1.0)


def twins_of(rows: Rows, roles: Roles, samples: Array, up_to: str | None = None) -> Twins:
    """Return what an audit is given."""
    return Twins(
        samples,
        None,
        roles.train,
        heldout=roles.heldout,
        columns=rows.columns,
        image_shape=rows.image_shape,
        up_to=up_to,
    )


def audited(given: Twins, entropy: tuple[int, ...]) -> dict[str, Any]:
    """Return what an audit says on copying: outcome, p-values, copied fraction, controls."""
    first = screened(given, entropy)
    twins = in_column_units(given.normalised()).centred()
    controls = controlled(twins.rows, with_mirrors(twins.rows), entropy)
    assert controls is not None
    linear = linear_twins(twins, entropy)
    found = _examined(twins, first_seeds(linear, _FEW), entropy)
    if found.p_value < LEVEL and not found.found:
        found = _examined(twins, linear, entropy)
    outcome = outcome_of(found, controls)
    blocked = allowed({"copying": Answer(outcome, "")}, first)["copying"].outcome
    low, high = found.copied_fraction_interval
    return {
        "outcome": str(blocked),
        "screened": bool(blocked is not outcome),
        "p": found.p_value,
        "stands out": bool(found.stands_out),
        "named": len(found.named),
        "fraction": found.copied_fraction,
        "low": low,
        "high": high,
        "visible": found.smallest_visible,
        "fresh": controls.fresh,
    }


def _examined(twins: Twins, linear: Twins, entropy: tuple[int, ...]) -> Copying:
    found = Searches.of(twins, linear, with_mirrors(twins.rows), entropy, Progress(99))
    return found.examined(stream(entropy, "audit: copying"))


def outcome_of(found: Copying, controls: Controls, visible: float = VISIBLE) -> Outcome:
    """Return the outcome that ``verdict.copying.answer_on_copying`` writes a sentence for."""
    closer, unlike = found.p_value < LEVEL, not controls.fresh_passed
    if found.of_heldout and not (found.found and closer):
        return Outcome.CANNOT_JUDGE
    if any(one.set != "heldout" for one in found.named) or (found.found and not unlike):
        return Outcome.COPYING
    if closer and unlike:
        return Outcome.CANNOT_JUDGE
    if closer and found.p_value_linear < LEVEL:
        return Outcome.OVERFITTING
    if unlike:
        return Outcome.CANNOT_JUDGE
    blind = found.smallest_visible > visible and found.p_value < LIKELY
    if blind and found.stands_out:
        return Outcome.COPYING
    if found.smallest_visible > visible or not controls.memoriser_caught:
        return Outcome.CANNOT_TELL
    return Outcome.NO_COPYING
