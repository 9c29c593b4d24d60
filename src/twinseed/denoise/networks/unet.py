"""A UNet without biases, from small (for a laptop) to the size in the literature."""

from __future__ import annotations

from typing import Self

import torch
from torch import nn

from twinseed.checks import whole
from twinseed.denoise.networks._base import Network, conv, seeded
from twinseed.errors import InputError

__all__ = ["UNet"]


class ScaleNorm(nn.Module):
    """Batch normalisation without mean and without bias: divides each channel by its deviation.

    In evaluation mode the deviation is a running average, so the network stays homogeneous.
    """

    variance: torch.Tensor

    def __init__(self, channels: int, momentum: float = 0.1) -> None:
        super().__init__()
        self.gain = nn.Parameter(torch.ones(channels))
        self.momentum = momentum
        self.register_buffer("variance", torch.ones(channels))

    def forward(self, y: torch.Tensor) -> torch.Tensor:
        variance = self.variance
        if self.training:
            variance = y.var(dim=(0, 2, 3), unbiased=False)
            with torch.no_grad():
                self.variance.lerp_(variance.detach(), self.momentum)
        scale = self.gain * torch.rsqrt(variance + 1e-12)
        return y * scale[:, None, None]


class UNet(Network):
    """Convolutions at several resolutions with skip connections, with no bias anywhere.

    Equation: ``scales`` encoder blocks of two 3 x 3 convolutions, each followed by a 2 x 2 mean,
    with ``width 2^s`` channels at scale s; a middle block; as many decoder blocks, whose input is
    the up-sampled output of the block before and the output of the encoder block of this scale; a
    last convolution. Without biases ``F(a y) = a F(y)`` for ``a >= 0`` (in evaluation mode). The
    noise level is not an input.
    ``UNet(shape, width=16, scales=2)`` has about 110 thousand parameters for one channel;
    ``UNet(shape, width=64, scales=3, norm=True)`` has the layers, the 7.7 million parameters and
    the normalisation without mean of Kadkhodaie et al.

    Args:
        shape: (channels, height, width) of one row; height and width divisible by ``2^scales``.
        width: number of channels at the finest scale.
        scales: how often the image is halved.
        norm: True normalises each convolution but the first, see ``ScaleNorm``.
        seed: seed of the initialisation.

    Raises:
        InputError: a size out of range, or an image that cannot be halved ``scales`` times.

    Source: Kadkhodaie, Guth, Simoncelli and Mallat, arXiv 2310.02557, appendix A.

    >>> UNet((1, 16, 16), seed=0).parameter_count
    116512
    >>> UNet((1, 80, 80), width=64, scales=3, norm=True, seed=0).parameter_count
    7696192
    """

    settings = ("width", "scales", "norm")

    def __init__(
        self,
        shape: tuple[int, ...],
        *,
        width: int = 16,
        scales: int = 2,
        norm: bool = False,
        seed: int,
    ) -> None:
        super().__init__()
        self.shape = tuple(shape)
        self.width = whole("width", width, "pass the number of channels at the finest scale")
        self.scales = whole("scales", scales, "pass how often to halve the image")
        self.norm = norm
        if len(self.shape) != 3 or any(side % 2**self.scales for side in self.shape[1:]):
            raise InputError(
                "shape",
                f"must be (channels, height, width) with sides divisible by {2**self.scales}",
                self.shape,
                "crop or pad the images, or use fewer scales",
            )
        channels = [self.width * 2**s for s in range(self.scales + 1)]
        with seeded(seed):
            before = [self.shape[0], *channels[:-2]]
            self.encoder = nn.ModuleList(
                self._block(a, b, first=s == 0)
                for s, (a, b) in enumerate(zip(before, channels[:-1], strict=True))
            )
            self.middle = self._block(channels[-2], channels[-1])
            self.up = nn.ModuleList(
                nn.ConvTranspose2d(2 * c, c, 2, stride=2, bias=False) for c in channels[:-1]
            )
            self.decoder = nn.ModuleList(self._block(2 * c, c) for c in channels[:-1])
            self.last = conv(self.width, self.shape[0])
            for one in self.modules():
                if isinstance(one, nn.Conv2d) and one is not self.last:
                    nn.init.kaiming_normal_(one.weight, nonlinearity="relu")

    def _block(self, inside: int, outside: int, *, first: bool = False) -> nn.Sequential:
        """Return two convolutions; the first of the network, on the image, is not normalised."""
        layers: list[nn.Module] = []
        for position, a in enumerate((inside, outside)):
            layers.append(conv(a, outside))
            if self.norm and not (first and position == 0):
                layers.append(ScaleNorm(outside))
            layers.append(nn.ReLU())
        return nn.Sequential(*layers)

    def forward(self, y: torch.Tensor, level: torch.Tensor) -> torch.Tensor:
        kept = []
        for block in self.encoder:
            y = block(y)
            kept.append(y)
            y = nn.functional.avg_pool2d(y, 2)
        y = self.middle(y)
        for up, block, skip in reversed(list(zip(self.up, self.decoder, kept, strict=True))):
            y = block(torch.cat([up(y), skip], dim=1))
        out: torch.Tensor = self.last(y)
        return out

    @classmethod
    def examples(cls) -> list[Self]:
        return [
            cls((1, 8, 8), width=4, seed=0),
            cls((2, 8, 16), width=4, scales=3, norm=True, seed=1),
        ]
