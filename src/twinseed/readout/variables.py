"""The variables of a readout: their symbols, and what the ends of their ranges mean."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

__all__ = ["VARIABLES", "Variable"]


@dataclass(frozen=True)
class Variable:
    """A variable of a readout.

    Args:
        symbol: its symbol in equations.
        meaning: its meaning, with the meaning of the ends of its range.
        per_factor: whether the variable has one value per factor.
        squared_units: whether it scales as the variance of the data; if not, it is a pure number.
    """

    symbol: str
    meaning: str
    per_factor: bool = False
    squared_units: bool = False


VARIABLES: Mapping[str, Variable] = {
    "memorisation": Variable(
        "m",
        "mean over samples of the largest |cosine| to a training row; 1: every sample is a copy",
    ),
    "memorisation_heldout": Variable(
        "m_0",
        "mean over samples of the largest |cosine| to a held-out row, with as many "
        "held-out rows as training rows: the level without copying",
    ),
    "memorisation_ratio": Variable(
        "rho", "memorisation / memorisation_heldout at equal numbers of rows; 1: no excess"
    ),
    "memorisation_share": Variable(
        "s", "share of samples closer (|cosine|) to training than to held-out rows; 1/2: no excess"
    ),
    "memorisation_share_euclidean": Variable(
        "s_E",
        "share of samples closer (Euclidean distance) to training than to held-out "
        "rows: the distance-to-closest-record share; 1/2: no excess",
    ),
    "convergence": Variable(
        "q", "E[x_A.x_B] / E|x|^2 over shared seeds; 0: unrelated, 1: the two models agree"
    ),
    "convergence_gap": Variable("1 - q", "1 - convergence, computed without cancellation"),
    "convergence_cosine": Variable(
        "q_cos", "mean cosine of x_A and x_B over shared seeds; 0: unrelated, 1: same direction"
    ),
    "convergence_chance": Variable(
        "q_0", "convergence of two models that learned nothing, through the shared noise alone"
    ),
    "convergence_corrected": Variable(
        "q'", "(convergence - chance) / (1 - chance); 0: nothing learned in common, 1: agreement"
    ),
    "convergence_null": Variable(
        "q_null", "convergence when the seeds of the twins are mismatched; 0 for centred models"
    ),
    "convergence_factor": Variable(
        "q_k", "correlation over seeds of the twins' components along a factor; 1: agreement", True
    ),
    "wasserstein": Variable(
        "W2^2/d",
        "squared 2-Wasserstein distance of model to truth, per dimension; 0: the model "
        "is the truth",
        squared_units=True,
    ),
    "flow_distance": Variable(
        "D^2/d",
        "E|x_A - x_B|^2 per dimension over shared seeds; 0: the twins are one model",
        squared_units=True,
    ),
    "divergence_learnt_true": Variable(
        "KL(f:Sigma)/d",
        "Kullback-Leibler divergence of the learnt law from the true law, per "
        "dimension; 0: the model is the truth",
    ),
    "divergence_true_learnt": Variable(
        "KL(Sigma:f)/d",
        "Kullback-Leibler divergence of the true law from the learnt law, per "
        "dimension; 0: the model is the truth",
    ),
    "recovery_distance": Variable(
        "delta",
        "chordal distance of the factors' subspaces, model to truth; 0: learned, 1: not learned",
    ),
    "recovery": Variable(
        "Q", "squared overlap of the model's and the true direction of a factor; 1: learned", True
    ),
    "recovery_twins": Variable(
        "Q_AB", "overlap of the twins' directions of a factor: recovery without the truth", True
    ),
}
"""The variables of every readout, by name."""
