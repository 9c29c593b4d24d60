"""An estimator of scikit-learn around the linear model: its samples are smooth in the noise."""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.base import BaseEstimator

import twinseed as ts
from twinseed.generators import LinearGenerator


class Linear(BaseEstimator):
    """The linear model with a ridge."""

    def __init__(self, ridge: float = 0.0) -> None:
        self.ridge = ridge

    def fit(self, X: Any, y: Any = None) -> Linear:
        """Fit the mean and the covariance of the rows."""
        self.model_ = LinearGenerator.fit(X, ts.Ridge(self.ridge), center=True)
        self.d_ = X.shape[1]
        return self

    def sample(self, n_samples: int = 1, random_state: int | None = None) -> Any:
        """Draw samples; the same seed draws the same noise."""
        noise = np.random.default_rng(random_state).standard_normal((n_samples, self.d_))
        return self.model_.sample(noise)
