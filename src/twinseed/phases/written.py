"""A phase diagram as a readout, and as a dictionary that is ready for JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from twinseed._version import __version__
from twinseed.phases.kept import KIND
from twinseed.phases.plane import MEASURED
from twinseed.readout import Estimate, Readout, make

if TYPE_CHECKING:
    from twinseed.phases.diagram import PhaseDiagram

__all__ = ["dictionary", "readout"]


def readout(diagram: PhaseDiagram) -> Readout:
    """Return the tiles as a readout along the dimension ``cell``."""
    along = {
        "n": np.rint(diagram.gamma * diagram.plane.d),
        "gamma": diagram.gamma,
        "strength": diagram.strength,
        "region": np.array([region.words for region in diagram.regions]),
    }
    estimates = {}
    for name in MEASURED:
        value, se = diagram.values(name)
        columns = (value[:, None], se[:, None]) if name == "recovery" else (value, se)
        estimates[name] = Estimate(*columns, resampled=f"{diagram.plane.replicates} replicates")
    return make(
        estimates,
        source=KIND,
        coords={
            "d": diagram.plane.d,
            "ridge": diagram.plane.ridge,
            **{name: ("cell", values) for name, values in along.items()},
        },
        dims={"cell": len(diagram.tiles)},
        factors=1.0 + diagram.strength[:, None],
        attrs={"entropy": " ".join(map(str, diagram.entropy))},
    )


def dictionary(diagram: PhaseDiagram) -> dict[str, Any]:
    """Return the plane, the borders by theory, the areas and all cells, ready for JSON."""
    columns: dict[str, Any] = {
        "gamma": diagram.gamma.tolist(),
        "strength": diagram.strength.tolist(),
        "region": [region.words for region in diagram.regions],
    }
    for name in MEASURED:
        value, se = diagram.values(name)
        columns |= {name: value.tolist(), f"{name}_se": se.tolist()}
    return {
        "schema": 1,
        "twinseed": __version__,
        "seed": list(diagram.entropy),
        "plane": diagram.plane.description(),
        "points": len(diagram.tiles),
        "uniform_grid": diagram.uniform,
        "agreement": diagram.agreement,
        "stopped": diagram.stopped,
        "areas": {region.words: area for region, area in diagram.areas.items()},
        "theory": {
            "strength": diagram.lines.strength.tolist(),
            "memorised_below": diagram.lines.memorisation.tolist(),
            "converged_above": diagram.lines.convergence.tolist(),
            "recovered_above": (diagram.lines.strength**-2.0).tolist(),
        },
        "cells": columns,
    }
