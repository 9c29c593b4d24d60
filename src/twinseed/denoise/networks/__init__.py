"""Networks that turn noisy rows into clean rows, one network per file."""

from twinseed.denoise.networks._base import Network
from twinseed.denoise.networks.convolutional import Convolutional
from twinseed.denoise.networks.linear import LinearBank
from twinseed.denoise.networks.perceptron import Perceptron
from twinseed.denoise.networks.unet import UNet

__all__ = ["Convolutional", "LinearBank", "Network", "Perceptron", "UNet"]
