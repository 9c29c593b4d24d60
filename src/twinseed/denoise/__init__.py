"""Trains pairs of small denoisers on disjoint rows and measures the pairs.

This is the only package that needs torch. Only ``twinseed train`` and a few other modules import
it, when they need it, so all other parts of twinseed work without torch.
"""

from twinseed.denoise.denoiser import Denoiser, Preconditioned
from twinseed.denoise.networks import Convolutional, LinearBank, Network, Perceptron, UNet
from twinseed.denoise.noise import NoiseLevels
from twinseed.denoise.sampling import flow
from twinseed.denoise.training import Metrics, Training, TrainingState, train

__all__ = [
    "Convolutional",
    "Denoiser",
    "LinearBank",
    "Metrics",
    "Network",
    "NoiseLevels",
    "Perceptron",
    "Preconditioned",
    "Training",
    "TrainingState",
    "UNet",
    "flow",
    "train",
]
