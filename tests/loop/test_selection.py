"""The estimator passes scikit-learn's own tests, and its score means what it says."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from twinseed.errors import InputError

pytestmark = pytest.mark.extras

RNG = np.random.default_rng(0)
ROWS = RNG.standard_normal((200, 6)) * [3, 2, 1, 1, 1, 1] + 5.0
NEW = RNG.standard_normal((100, 6)) * [3, 2, 1, 1, 1, 1] + 5.0


def linear(ridge: float = 0.0) -> Any:
    from tests.loop.linear_estimator import Linear

    return Linear(ridge)


def selection(generator: Any = None, **options: Any) -> Any:
    from twinseed.loop import TwinSelection

    return TwinSelection(generator or linear(), **{"factors": 2, **options})


@pytest.mark.nightly
@pytest.mark.filterwarnings("ignore:Skipping check check_array_api_input")
def test_the_checks_of_scikit_learn() -> None:
    from sklearn.utils.estimator_checks import check_estimator

    check_estimator(selection(seeds=20))


def test_a_clone_has_the_parameters_and_the_same_answer() -> None:
    from sklearn.base import clone

    made = selection(seeds=50, random_state=4)
    other = clone(made)
    assert other.get_params(deep=False).keys() == made.get_params(deep=False).keys()
    assert made.fit(ROWS).answers(NEW) == other.fit(ROWS).answers(NEW)
    assert made.set_params(generator__ridge=7.0).generator.ridge == 7.0


def test_each_answer_fails_for_the_generator_that_it_is_about() -> None:
    """A fit of the covariance passes all three; the others fail in an answer that is named."""
    from sklearn.neighbors import KernelDensity

    good = selection().fit(ROWS)
    copies = selection(KernelDensity(bandwidth=1e-6)).fit(ROWS)
    blind = selection(linear(1e4)).fit(ROWS)
    assert min(good.answers(NEW).values()) > 0.7
    assert copies.answers(NEW)["originality"] == 0.0, "every sample is a training row"
    assert copies.answers(NEW)["recovery"] > 0.7
    assert blind.answers(NEW)["agreement"] > 0.99, "the twins agree"
    assert blind.answers(NEW)["recovery"] < 0.4, "and have learned nothing"
    assert good.score(NEW) == min(good.answers(NEW).values())
    assert good.score(NEW) > max(copies.score(NEW), blind.score(NEW))


def test_on_the_rows_of_fit_originality_is_not_judged() -> None:
    made = selection(seeds=100).fit(ROWS)
    assert made.answers(NEW).keys() == {"agreement", "originality", "recovery"}
    assert made.answers(ROWS[:60]).keys() == {"agreement", "recovery"}


def test_a_generator_whose_estimator_has_the_seed_and_whose_samples_have_labels() -> None:
    """As a ``GaussianMixture`` does."""
    from sklearn.mixture import GaussianMixture

    made = selection(GaussianMixture(random_state=3), seeds=100).fit(ROWS)
    assert made.score(NEW) == made.score(NEW)
    assert made.generator.random_state == 3, "the estimator of the caller is unchanged"


def test_a_grid_search_finds_the_ridge_that_lets_the_model_learn() -> None:
    from sklearn.model_selection import GridSearchCV, cross_val_score
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    grid = {"generator__ridge": [1e3, 0.1, 1e4]}
    search = GridSearchCV(selection(seeds=100), grid, cv=2, return_train_score=True).fit(ROWS)
    assert search.best_params_ == {"generator__ridge": 0.1}
    assert 0.5 < search.best_score_ <= 1.0
    pipeline = make_pipeline(StandardScaler(), selection(seeds=100, factors=1))
    scores = cross_val_score(pipeline, ROWS, cv=2)
    assert scores.shape == (2,)
    assert np.all((scores > 0.0) & (scores <= 1.0))


class WithoutSeed:
    """A generator whose samples come from no seed."""

    def fit(self, rows: Any) -> WithoutSeed:
        return self

    def get_params(self, deep: bool = True) -> dict[str, Any]:
        return {}

    def sample(self, n_samples: int = 1) -> Any:
        return np.zeros((n_samples, 6))


@pytest.mark.parametrize(
    ("generator", "says"),
    [
        (WithoutSeed(), "generator must draw the same samples from the same seed"),
        ("a text", "generator must have fit and sample"),
    ],
)
def test_a_generator_that_cannot_be_a_twin_is_refused(generator: Any, says: str) -> None:
    with pytest.raises(InputError, match=says):
        selection(generator).fit(ROWS)
