"""The sizes of the experiments of the main job, in its two versions."""

from __future__ import annotations

from dataclasses import dataclass, replace

__all__ = ["FULL", "QUICK", "Settings"]


@dataclass(frozen=True)
class Settings:
    """Sizes of the experiments.

    Loads are n/d; ``*_replicates`` are independent draws per cell. ``splits`` is the number of
    splits of the rows, lowered so that all splits take at most ``data_operations`` floating-point
    operations.
    """

    d_small: int
    d_large: int
    d_limit: int
    loads: tuple[float, ...]
    ridges: tuple[float, ...]
    small_replicates: int
    large_replicates: int
    limit_replicates: int
    strengths: tuple[float, ...]
    factor_loads: tuple[float, ...]
    exponents: tuple[float, ...]
    power_law_loads: tuple[float, ...]
    power_law_replicates: int
    path_d: int
    path_loads: tuple[float, ...]
    path_replicates: int
    seeds: int
    splits: int
    data_seeds: int
    data_operations: float


FULL = Settings(
    d_small=100,
    d_large=400,
    d_limit=1_000_000,
    loads=(0.05, 0.1, 0.25, 0.5, 1.0, 2.0, 5.0, 10.0),
    ridges=(0.0, 0.1, 1.0),
    small_replicates=20,
    large_replicates=12,
    limit_replicates=24,
    strengths=(0.7, 1.5, 3.0),
    factor_loads=(0.05, 0.2, 0.5, 0.8, 1.25, 3.0, 5.0, 8.0),
    exponents=(0.5, 1.0, 1.5),
    power_law_loads=(0.1, 0.25, 0.5, 1.0, 4.0),
    power_law_replicates=16,
    path_d=200,
    path_loads=(2.0, 5.0, 10.0),
    path_replicates=14,
    seeds=128,
    splits=20,
    data_seeds=256,
    data_operations=2e12,
)
"""This version takes four minutes on two cores, with the figures and the page."""

QUICK = replace(
    FULL,
    d_small=60,
    d_large=120,
    small_replicates=4,
    large_replicates=5,
    limit_replicates=6,
    power_law_replicates=5,
    path_d=60,
    path_replicates=5,
    seeds=48,
    splits=8,
    data_seeds=96,
    data_operations=2e11,
)
"""This version takes thirty seconds on two cores, with the figures and the page."""
