"""Curves over n made by hand."""

from __future__ import annotations

import numpy as np
from tests.reproduction.small_reproduction import measured

from twinseed.curves.curves import TwinCurves


def made_curves(linear: bool = True, pictures: bool = True, machine: bool = False) -> TwinCurves:
    draw = np.random.default_rng(0)
    sizes = [30, 100, 1000]
    lost = measured(sizes, draw)
    lost["convergence_se"] = lost["convergence_se"] * [1.0, np.nan, 0.3]
    lost["memorisation_se"] = lost["memorisation_se"] * [1.0, 0.0, 0.5]
    other = measured(sizes, draw)
    third = measured(sizes, np.random.default_rng(1))
    for data, scale in ((lost, 1.0), (other, 1.7), (third, 2.3)):
        for k, name in enumerate(("convergence_null", "memorisation_ratio", "memorisation_share")):
            data[f"{name}_se"] = data[f"{name}_se"] * scale * (1.1 + k / 7)
    spectrum = draw.uniform(0.1, 0.9, (3, 3))
    lost["convergence_factor"] = ("n", "factor"), spectrum
    lost["convergence_factor_se"] = ("n", "factor"), np.full((3, 3), 0.02)
    lost["convergence_factor_status"] = ("n", "factor"), np.full((3, 3), "ok")
    return TwinCurves(
        title="Twins of 3 kinds",
        measured=lost,
        linear=other if linear else None,
        machine=third if machine else None,
        predicted=measured([30, 60, 100, 1000], draw) if linear else None,
        losses={f"{n}-0-{side}": [(1, 2.0 + n), (50, 1.0 + n)] for n in sizes for side in "ab"},
        reference_loss=1.5,
        pictures=draw.uniform(0, 1, (3, 4, 3, 8, 8)) if pictures else None,
        settings={"Plan": {"steps": "50", "batch_rows": "16"}, "Data": {"rows": "2,345"}},
        notes=("Training was short: 50 steps.",),
    )
