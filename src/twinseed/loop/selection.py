"""``TwinSelection``: an estimator of scikit-learn whose score says how well a generator learned."""

from __future__ import annotations

import inspect
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from twinseed.data.digests import row_digests
from twinseed.data.twins import Twins
from twinseed.errors import InputError, needs
from twinseed.verbs.measure import measure

with needs("scikit-learn 1.6", "data", "TwinSelection"):
    from sklearn.base import BaseEstimator, clone
    from sklearn.utils import check_random_state
    from sklearn.utils.validation import check_is_fitted, validate_data

__all__ = ["TwinSelection"]

_HALVES = 4  # rows: two for each twin


class TwinSelection(BaseEstimator):  # type: ignore[misc]  # scikit-learn ships no types
    """Train a generator twice, on two halves of the rows, and score the pair on new rows.

    Equation: ``score`` is the least of three answers, each from 0 to 1: "agreement", the
    convergence of the twins about the mean of the real rows (0 where it is negative);
    "originality", ``1 - max(0, 2 s - 1)``, with s the share of samples closer to training rows than
    to as many new rows; and "recovery", the mean squared overlap of the leading directions of the
    samples and of the new rows. Range: 0 to 1. **Higher is better**: 1 means that the twins agree,
    that no sample is closer to its training rows than chance, and that all leading directions were
    learned. 0 means that one of the three fails completely.

    The least is taken because no answer replaces another: a generator that copies has a low
    agreement, and a generator that ignores the data can agree perfectly.

    Args:
        generator: an estimator with ``fit(X)`` and ``sample(n_samples)``. The method ``sample``, or
            the estimator, must have ``random_state``, so that the twins draw from the same seeds.
        seeds: number of samples of each twin.
        factors: how many leading directions are compared; fewer where fewer exist.
        random_state: a seed or a ``RandomState``; it splits the rows and seeds the samples.

    Validity: half of the training rows train each twin, so the score is that of a model of fewer
    rows. Rows must be independent: split groups with a splitter of groups. With few rows of the
    fold, recovery stays below 1 even for a perfect generator. The twins can agree only where the
    sample is a smooth function of the noise, as for a network. A ``KernelDensity`` or a
    ``GaussianMixture`` chooses a row or a component first, so its agreement is low. On rows that
    were used in ``fit`` there is no originality, and the score is the least of the two others.
    Source: Maillard and Goldt, arXiv 2605.21402 (the order parameters).

    >>> import twinseed as ts
    >>> from sklearn.model_selection import GridSearchCV
    >>> from twinseed.generators import LinearGenerator
    >>> from twinseed.loop import TwinSelection
    >>> class Linear(BaseEstimator):
    ...     def __init__(self, ridge=0.0):
    ...         self.ridge = ridge
    ...     def fit(self, X, y=None):
    ...         self.model_ = LinearGenerator.fit(X, ts.Ridge(self.ridge), center=True)
    ...         return self
    ...     def sample(self, n_samples=1, random_state=None):
    ...         noise = np.random.default_rng(random_state).standard_normal((n_samples, 6))
    ...         return self.model_.sample(noise)
    >>> rows = np.random.default_rng(0).standard_normal((240, 6)) * [3, 1, 1, 1, 1, 1]
    >>> grid = {"generator__ridge": [0.1, 1000.0]}
    >>> search = GridSearchCV(TwinSelection(Linear(), factors=1), grid, cv=3).fit(rows)
    >>> search.best_params_
    {'generator__ridge': 0.1}

    See also: ``measure``, ``audit``.
    """

    def __init__(
        self,
        generator: Any = None,
        *,
        seeds: int = 500,
        factors: int = 3,
        random_state: Any = 0,
    ) -> None:
        self.generator = generator
        self.seeds = seeds
        self.factors = factors
        self.random_state = random_state

    def fit(self, X: ArrayLike, y: Any = None) -> TwinSelection:
        """Train both twins, each on a half of the rows, drawn at random.

        Args:
            X: rows, (n, d), n from 4.
            y: not used.

        Raises:
            InputError: a generator that cannot be trained, or that does not draw from a seed.
        """
        if not all(hasattr(self.generator, name) for name in ("fit", "sample", "get_params")):
            raise InputError(
                "generator",
                "must have fit and sample, and be an estimator of scikit-learn",
                self.generator,
                "pass an estimator with fit(X) and sample(n_samples, random_state)",
            )
        _seeded(self.generator)
        rows = validate_data(self, X, dtype=(np.float64, np.float32), ensure_min_samples=_HALVES)
        draw = check_random_state(self.random_state)
        order = draw.permutation(len(rows))
        self.train_a_, self.train_b_ = rows[order[::2]], rows[order[1::2]]
        self.seed_ = int(draw.randint(2**31))
        self.twins_ = tuple(
            clone(self.generator).fit(half) for half in (self.train_a_, self.train_b_)
        )
        return self

    def answers(self, X: ArrayLike) -> dict[str, float]:
        """Return the answers by name, each from 0 to 1; 1 is best.

        There are three, or two on rows that were used in ``fit``.

        Args:
            X: new rows of the same source, (h, d), h from 2.
        """
        check_is_fitted(self)
        rows = validate_data(
            self, X, reset=False, dtype=(np.float64, np.float32), ensure_min_samples=2
        )
        a, b = (_drawn(one, self.seeds, self.seed_) for one in self.twins_)
        heldout = None if self._seen(rows) else rows
        twins = Twins(a, b, self.train_a_, self.train_b_, heldout).centred()
        found = measure(twins, rng=self.seed_, factors=self.factors, reference=rows, resamples=0)
        recovery = found["recovery"].values
        answers = {
            "agreement": max(0.0, float(found["convergence"])),
            "recovery": float(recovery.mean()) if recovery.size else 0.0,
        }
        if heldout is not None:
            share = float(found["memorisation_share_euclidean"])
            answers["originality"] = 1.0 - max(0.0, 2.0 * share - 1.0)
        return answers

    def score(self, X: ArrayLike, y: Any = None) -> float:
        """Return the least of the answers, from 0 to 1; higher is better.

        Args:
            X: new rows of the same source, (h, d), h from 2.
            y: not used.
        """
        return min(self.answers(X).values())

    def _seen(self, rows: NDArray[Any]) -> bool:
        """Return whether half of the rows, or more, were used in ``fit``."""
        trained = np.concatenate([self.train_a_, self.train_b_])
        common = np.result_type(rows, trained)
        seen = np.isin(row_digests(rows, common), row_digests(trained, common))
        return bool(seen.mean() >= 0.5)


def _seeded(generator: Any) -> bool:
    """Return whether ``sample`` itself takes the seed; refuse a generator without a seed."""
    if "random_state" in inspect.signature(generator.sample).parameters:
        return True
    if "random_state" not in generator.get_params():
        raise InputError(
            "generator",
            "must draw the same samples from the same seed",
            generator,
            "pass an estimator with random_state, as an argument of its own or of sample",
        )
    return False


def _drawn(model: Any, count: int, seed: int) -> NDArray[Any]:
    """Return samples of a trained generator; of samples with labels the samples."""
    if _seeded(model):
        found = model.sample(count, random_state=seed)
    else:
        found = model.set_params(random_state=seed).sample(count)
    samples: NDArray[Any] = np.asarray(found[0] if isinstance(found, tuple) else found)
    return samples
