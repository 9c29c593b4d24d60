"""What the largest cosines of a sample depend on, from a coupling, at a finite size."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from twinseed.arrays import Array, Flags
from twinseed.coupling import Coupling
from twinseed.coupling.extremes import chi_average
from twinseed.errors import InputError
from twinseed.filters import Ridge, evaluated
from twinseed.orders.memorisation.cosines import LEADING, NODES, CosineLaw, closest, squares

__all__ = ["largest_cosines", "moments", "traces"]

_SEPARATED = 0.25
"""A leading direction varies by itself from this slope ``psi'`` on, far above its threshold."""
_LEAST = 0.02
"""The directions that do not vary by themselves keep at least this share of each trace."""
_CHUNK = 128


@dataclass(frozen=True)
class _Traces:
    """Traces of a sample's law: of ``f^2``, ``S f^2``, ``S^2 f^2``, ``Sigma f^2``, ``Sigma^2 f^2``.

    The first axis is over these five; ``whole`` has the cells on the second axis, ``each`` the
    cells and leading directions.
    """

    whole: Array
    each: Array

    def drawn(self, square: Array) -> Array:
        """Return the five traces with the squares of noise, (samples, leading), in their place."""
        rest = np.maximum(self.whole - self.each.sum(axis=2), _LEAST * self.whole)
        found: Array = np.einsum("kcj,sj->kcs", self.each, square) + rest[..., None]
        return found


def largest_cosines(coupling: Coupling, cells: Flags) -> tuple[Array, Array, Array]:
    """Return m, its held-out level and the share at the marked cells, each (marked cells,).

    Equation: ``closest`` for ``A = n x.S x/|x|^2``, ``B = n x.S^2 x/x.S x``, ``C = (n tr S -
    B)/(n - 1)`` (training rows) and ``A = d x.Sigma x/|x|^2``, ``B = d x.Sigma^2 x/x.Sigma x``,
    ``C = (d tr Sigma - B)/(d - 1)`` (fresh rows), with the exact means of ``tr S^2`` and ``tr S^3``
    of Gaussian rows for the ridge filter. Up to four leading directions of the sample vary by
    themselves, all others are at their mean.
    """
    n, d = coupling.n[cells], coupling.d[cells]
    parts = _Traces(traces(coupling, cells), _leading(coupling, cells))
    chance = np.broadcast_to(coupling.chance, cells.shape)[cells]
    length = chi_average(n, _relative_length, n, chance)
    trace = d * np.broadcast_to(coupling.mean, cells.shape)[cells]
    effective = d * np.broadcast_to(coupling.isotropy, cells.shape)[cells]
    varies = parts.each[0].any(axis=1)
    found = np.empty((3, n.size))
    for which, square in ((varies, squares()), (~varies, np.ones((1, LEADING)))):
        places = np.flatnonzero(which)
        for start in range(0, places.size, _CHUNK):
            at = places[start : start + _CHUNK]
            some = _Traces(parts.whole[:, at], parts.each[:, at]).drawn(square)
            found[:, at] = closest(
                n[at], *_rows(some, n[at], d[at], trace[at], effective[at], length[at])
            )
    return found[0], found[1], found[2]


def _rows(
    drawn: Array, n: Array, d: Array, trace: Array, effective: Array, length: Array
) -> tuple[CosineLaw, CosineLaw]:
    """Return the training and the fresh rows from the traces of each sample."""
    energy, own, twice, fresh, beyond = drawn
    found = []
    fewest = np.minimum(n, d)
    # tr S^2 over (tr S)^2, and tr Sigma^2 over (tr Sigma)^2
    spread = (1.0 + 1.0 / n) / effective + 1.0 / n, 1.0 / effective
    for size, over, square, even, shrink in (
        (fewest, own, twice, spread[0], length**2),
        (d, fresh, beyond, spread[1], np.ones(d.size)),
    ):
        uneven = 2.0 * np.maximum(size * even - 1.0, 0.0) / (size + 2.0)
        with np.errstate(invalid="ignore", divide="ignore"):
            aligned = size[:, None] * over / energy * shrink[:, None]
            along = size[:, None] * np.where(over > 0.0, square / over, 0.0)
        if drawn.shape[2] > NODES:
            order = np.argsort(aligned, axis=1)
            aligned = _classes(np.sqrt(aligned), order) ** 2
            along = _classes(along, order)
        aligned = np.minimum(aligned, along)
        left = np.maximum(size * trace - along.T, 0.0).T
        across = left / np.maximum(size - 1.0, 0.5)[:, None]
        found.append(CosineLaw(aligned, along, across, size, uneven))
    return found[0], found[1]


def _classes(values: Array, order: NDArray[np.intp]) -> Array:
    """Return means over classes of samples, of those that come one after the other."""
    ranked = np.take_along_axis(values, order, axis=1)
    return np.asarray(ranked.reshape(len(values), NODES, -1).mean(axis=2))


def traces(coupling: Coupling, cells: Flags) -> Array:
    """Return the five traces of ``_Traces``, (5, marked cells); exact for the ridge."""
    n, d = coupling.n[cells], coupling.d[cells]
    one, two, three = moments(coupling, cells)
    energy, own, twice, fresh = (
        np.broadcast_to(part, cells.shape)[cells]
        for part in (coupling.energy, coupling.own, coupling.twice, coupling.fresh)
    )
    beyond = np.broadcast_to(
        (coupling.weight * coupling.mu**2 * coupling.second).sum(axis=-1), cells.shape
    )[cells]
    ridges = [
        one.strength / coupling.unit if isinstance(one, Ridge) else -1.0 for one in coupling.filters
    ]
    ridge = np.broadcast_to(np.array(ridges), cells.shape)[cells]
    load = d / n
    square = two * (1.0 + 1.0 / n) + one**2 * load
    cube = three * (1.0 + 3.0 / n + 4.0 / n**2)
    cube = cube + 3.0 * one * two * load * (1.0 + 1.0 / n) + one**3 * load**2
    known = ridge >= 0.0
    own = np.where(known, square + ridge * one, own)
    twice = np.where(known, cube + ridge * square, twice)
    return np.asarray(d * np.stack([energy, own, twice, fresh, beyond]))


def moments(coupling: Coupling, cells: Flags) -> Array:
    """Return the means of mu, mu^2 and mu^3 over the spectrum, (3, marked cells)."""
    powers = ((coupling.weight * coupling.mu**k).sum(axis=-1) for k in (1, 2, 3))
    return np.stack([np.broadcast_to(one, cells.shape)[cells] for one in powers])


def _leading(coupling: Coupling, cells: Flags) -> Array:
    """Return what the leading directions add to the five traces, (5, cells, leading).

    A direction is an eigenvalue of a single direction far above its threshold: its sample
    eigenvalue is ``psi(mu)``, its sample direction has ``v.Sigma v = mu^2/psi``. Fresh rows can lie
    along v, so that v counts as a direction of theirs, ``(v.Sigma v)^2`` of ``v.Sigma^2 v``.
    """
    mu, weight = (
        np.where(coupling.weight > 0.0, part, 0.0) for part in (coupling.mu, coupling.weight)
    )
    shape = (*cells.shape, mu.shape[-1])
    mu, weight = (np.broadcast_to(part, shape)[cells] for part in (mu, weight))
    n, d = coupling.n[cells], coupling.d[cells]
    found = np.zeros((5, n.size, LEADING))
    which = np.broadcast_to(np.arange(len(coupling.filters)), cells.shape)[cells]
    active = np.ones(n.size, dtype=np.bool_)
    order = np.argsort(-mu, axis=1)[:, :LEADING]
    row = np.arange(n.size)
    for k in range(order.shape[1]):
        here = order[:, k]
        factor, single = mu[row, here], np.abs(weight[row, here] * d - 1.0) < 1e-6
        others = weight * (d / n)[:, None]
        others[row, here] = 0.0
        with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
            pull = np.where(others > 0.0, mu / (factor[:, None] - mu), 0.0)
            position = factor * (1.0 + (others * pull).sum(axis=1))
            slope = 1.0 - (others * pull**2).sum(axis=1)
        active &= single & (slope > _SEPARATED) & (factor > 0.0) & np.isfinite(position)
        if not active.any():
            break
        place = np.where(active, position, 1.0)
        gain, known = _gain(coupling, place, which)
        active &= known
        kept = factor**2 / place
        parts = np.stack([np.ones(n.size), place, place**2, kept, kept**2]) * gain
        found[:, :, k] = np.where(active, parts, 0.0)
    return found


def _gain(coupling: Coupling, place: Array, which: NDArray[np.intp]) -> tuple[Array, Flags]:
    """Return ``f^2`` at a sample eigenvalue of each cell, and whether the filter tells it alone."""
    gain, known = np.zeros(place.size), np.zeros(place.size, dtype=np.bool_)
    for number, filter in enumerate(coupling.filters):
        here = which == number
        try:
            values = evaluated(filter, filter, place[here] * coupling.unit)
        except InputError:  # the filter needs the whole spectrum
            continue
        gain[here], known[here] = values**2 / coupling.unit, True
    return gain, known


def _relative_length(chi: Array, n: Array, chance: Array) -> Array:
    """Return chi over the length of a sample; its noise, the share ``chance``, does not vary."""
    return np.asarray(chi / np.sqrt((1.0 - chance) * chi**2 + chance * n))
