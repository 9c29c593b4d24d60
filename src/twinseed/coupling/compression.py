"""Compresses large spectra into few nodes, to full precision.

Every functional of the coupling is a sum over the population spectrum of a function that is
analytic in ``log mu`` for ``|Im log mu| < pi`` (its poles are at negative mu). The axis of
``log mu`` is divided into panels, and the atoms of each panel are replaced by weights on its
Chebyshev nodes: the weight of a node is the sum of its Lagrange polynomial over the atoms. This
keeps the sum up to rounding.
The cost is linear in the number of atoms; later costs depend on the number of panels alone.
"""

from __future__ import annotations

import numpy as np

from twinseed.arrays import Array
from twinseed.populations import Spectrum

__all__ = ["compressed"]

_PANEL = 2.0
"""Width of a panel in log mu: at 2 the Bernstein ellipse up to the poles has parameter 6.4."""
_ORDER = 22
"""Chebyshev nodes per panel: 6.4^-22 is 2e-18."""
_CHUNK = 1 << 15


def compressed(spectrum: Spectrum, *, panel: float = _PANEL) -> Spectrum:
    """Return a spectrum with the same sums over analytic functions of ``log mu``, and few nodes.

    ``panel`` is the width of a panel in ``log mu``. Functions with poles nearer to the real axis
    than ``|Im log mu| = pi`` need panels that are narrower in proportion.

    Spectra with no more atoms than nodes are returned unchanged. The weights sum to one but may be
    negative; the atom at zero is kept exactly.

    >>> import numpy as np
    >>> mu = np.linspace(1.0, 3.0, 10_000)
    >>> nodes, weights = compressed((mu, np.full(mu.size, 1e-4)))
    >>> nodes.size, bool(abs(np.log(nodes) @ weights - np.log(mu).mean()) < 1e-14)
    (22, True)
    """
    values, weights = spectrum
    zero = values == 0
    logs = np.log(values[~zero])
    low, high = float(logs[0]), float(logs[-1])
    panels = max(1, int(np.ceil((high - low) / panel)))
    if values.size <= panels * _ORDER:
        return spectrum
    edges = np.linspace(low, high, panels + 1)
    angle = (np.arange(_ORDER) + 0.5) * (np.pi / _ORDER)
    nodes = np.cos(angle)
    barycentric = (-1.0) ** np.arange(_ORDER) * np.sin(angle)
    which = np.clip(np.searchsorted(edges, logs, side="right") - 1, 0, panels - 1)
    kept_values, kept_weights = [values[zero]], [weights[zero]]
    for place in range(panels):
        inside = which == place
        middle = 0.5 * (edges[place] + edges[place + 1])
        half = 0.5 * (edges[place + 1] - edges[place])
        position, share = (logs[inside] - middle) / half, weights[~zero][inside]
        if position.size <= _ORDER:
            kept_values.append(values[~zero][inside])
            kept_weights.append(share)
        else:
            kept_values.append(np.exp(middle + half * nodes))
            kept_weights.append(_lagrange_sums(position, share, nodes, barycentric))
    new_values, new_weights = np.concatenate(kept_values), np.concatenate(kept_weights)
    order = np.argsort(new_values)
    return new_values[order], new_weights[order]


def _lagrange_sums(position: Array, share: Array, nodes: Array, barycentric: Array) -> Array:
    total = np.zeros(nodes.size)
    for start in range(0, position.size, _CHUNK):
        away = position[start : start + _CHUNK, None] - nodes
        hit = away == 0
        terms = barycentric / np.where(hit, 1.0, away)
        polynomial = terms / terms.sum(axis=1, keepdims=True)
        on_node = hit.any(axis=1)
        polynomial[on_node] = hit[on_node]
        total += share[start : start + _CHUNK] @ polynomial
    return total
