"""Pipelines of ``diffusers`` with a few thousand weights, made without a network."""

from __future__ import annotations

from typing import Any

SIDE = 8


def small_pipeline(seed: int, *, stochastic: bool = False) -> Any:
    """Return an untrained pipeline of 8 x 8 grey images; DDPM noise is added where stochastic."""
    import torch
    from diffusers import (
        DDIMPipeline,
        DDIMScheduler,
        DDPMPipeline,
        DDPMScheduler,
        UNet2DModel,
    )

    with torch.random.fork_rng():
        torch.manual_seed(seed)
        unet = UNet2DModel(
            sample_size=SIDE,
            in_channels=1,
            out_channels=1,
            layers_per_block=1,
            block_out_channels=(8,),
            norm_num_groups=4,
            down_block_types=("DownBlock2D",),
            up_block_types=("UpBlock2D",),
        )
    if stochastic:
        made = DDPMPipeline(unet, DDPMScheduler(num_train_timesteps=50))
    else:
        made = DDIMPipeline(unet, DDIMScheduler(num_train_timesteps=50))
    made.set_progress_bar_config(disable=True)
    return made
