"""Trains pairs of small denoisers on disjoint rows and measures the pairs.

The only package that needs torch; it is imported by nothing but the command and the adapters that
need it, so that the rest of twinseed does without.
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
