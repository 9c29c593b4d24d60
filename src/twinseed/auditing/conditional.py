"""The honest model of a generator that is given a class: one linear model for each class."""

from __future__ import annotations

import numpy as np

from twinseed.arrays import Array
from twinseed.data.labels import Labels
from twinseed.data.twins import Twins
from twinseed.matched import matched_model

__all__ = ["conditional_twins"]


def conditional_twins(twins: Twins, classes: Labels, noise: Array) -> Twins:
    """Return the twins of the matched linear model of each class: the same rows, the same noise.

    Equation: sample i is drawn from the mean and the covariance of the training rows of the class
    of sample i of the generator; of more samples than the generator's the classes come again in
    order. A class with fewer than two training rows has the model of all rows. Shapes: ``noise``
    (N, d).
    """
    order = np.arange(len(noise)) % twins.seeds
    drawn = {}
    for side, name in (("samples_a", "train_a"), ("samples_b", "train_b")):
        if side not in twins.arrays or (side == "samples_b" and twins.train_b is None):
            continue
        rows, wanted = twins.arrays[name], classes.numbers[side][order]
        made = np.empty((len(noise), twins.d))
        for number in np.unique(wanted):
            own = rows[classes.numbers[name] == number]
            here = wanted == number
            made[here] = matched_model(own if len(own) > 1 else rows).sample(noise[here])
        drawn[side] = made
    return Twins.of(twins.rows, drawn["samples_a"], drawn.get("samples_b"))
