"""What a sample shows of its population: the density of the sample spectrum, and the overlaps."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from twinseed.arrays import Array
from twinseed.checks import positive, whole
from twinseed.coupling.companion import atom_at_zero, root_at_zero, support
from twinseed.coupling.density import on_axis, sample_density
from twinseed.coupling.outliers import outlier
from twinseed.populations import Population, Spectrum, require_population

__all__ = ["SpectralDensity", "rank_overlaps", "spectral_density"]

_ATOMS = 300
"""Of more atoms, those that are nearly equal are merged, which the density does not show."""
_FEWEST = 12
"""Points in an interval of the support."""


@dataclass(frozen=True)
class SpectralDensity:
    """The density of the sample spectrum without its outliers.

    Args:
        x: sample eigenvalues in rising order; the density is zero between two intervals.
        y: density at ``x``; its integral is one less ``at_zero`` and the share of the outliers.
        at_zero: share of the sample eigenvalues that are zero.
        population: the population's eigenvalues in rising order, and their shares.
    """

    x: Array
    y: Array
    at_zero: float
    population: Spectrum


def spectral_density(
    population: Population, n: float, d: int, *, points: int = 200
) -> SpectralDensity:
    """Return the density of the eigenvalues of the sample covariance of ``n`` rows.

    Equation: ``rho(lambda) = (n/d) Im(1/kappa)/pi`` with ``kappa`` at ``zeta = -lambda - i0``, for
    the spectrum of all directions but the factors that are separated from the bulk; for one level
    this is the law of Marchenko and Pastur. The atom at zero is the mean over directions of
    ``kappa_0/(kappa_0 + mu)``. Range: the density is zero or above; ``at_zero`` from 0 (n at least
    d) to 1 (no rows). Shapes: ``x`` and ``y`` have about ``points`` entries.

    Args:
        population: the covariance of the data.
        n: rows of the sample.
        d: columns of the data.
        points: number of eigenvalues at which the density is given.

    Raises:
        InputError: an argument out of range.

    Validity: the limit of large n and d. Of more than 300 atoms nearly equal ones are merged.
    Source: Silverstein and Choi, J. Multivariate Anal. 54 (1995); Ledoit and Peche, Probab. Theory
    Relat. Fields 151 (2011).

    >>> import twinseed as ts
    >>> found = spectral_density(ts.Spiked([]), n=400, d=100)
    >>> float(found.x[0]), float(found.x[-1]), found.at_zero
    (0.25, 2.25, 0.0)

    See also: ``outlier``, ``rank_overlaps``, ``predict``.
    """
    require_population(population)
    rows = positive("n", n, "pass the number of rows")
    size = whole("d", d, "pass the number of columns")
    count = whole("points", points, "pass 10 or more", at_least=10)
    exact = population.spectrum(size)
    bulk = _merged(_without_outliers(population, exact, rows, size))
    intervals = support(bulk, rows, size)
    widths = intervals[:, 1] - intervals[:, 0]
    shares = np.maximum(np.rint(count * widths / widths.sum()).astype(int), _FEWEST)
    x: list[Array] = []
    y: list[Array] = []
    for (low, high), number in zip(intervals, shares, strict=True):
        middle = low + (high - low) * 0.5 * (1.0 - np.cos(np.pi * np.arange(1, number) / number))
        root = on_axis(middle, bulk, rows, size)
        heights = np.maximum((1.0 / root).imag * (rows / size / np.pi), 0.0)
        x.append(np.concatenate([[low], middle, [high]]))
        y.append(np.concatenate([[0.0], heights, [0.0]]))
    values, weights = bulk
    at_zero = float(weights @ atom_at_zero(root_at_zero(bulk, rows, size), values))
    return SpectralDensity(np.concatenate(x), np.concatenate(y), at_zero, _merged(exact))


def rank_overlaps(population: Population, n: float, d: int, size: int = 64) -> Array:
    """Return which ranks of a sample's directions see which ranks of the population's.

    Equation: with the coupling pi of sample eigenvalues lambda and population eigenvalues mu, and
    each axis divided into ``size`` bins of equal share, largest eigenvalues first, entry (i, j) is
    ``size`` times the mass of pi in bin (i, j): the share of population bin j that lies in sample
    bin i. Range: from 0 to 1; the identity where n is infinite, all equal to 1/size where the
    sample shows nothing. Each row and each column sums to one. Shapes: (size, size), the sample on
    the first axis.

    Args:
        population: the covariance of the data.
        n: rows of the sample.
        d: columns of the data.
        size: number of bins per axis.

    Raises:
        InputError: an argument out of range.

    Validity: the limit of large n and d; equal eigenvalues have no order, and share their bins.
    Source: Ledoit and Peche, Probab. Theory Relat. Fields 151 (2011).

    >>> import twinseed as ts
    >>> found = rank_overlaps(ts.Atoms([1.0, 9.0]), n=1e6, d=100, size=2)
    >>> found.round(3)
    array([[1., 0.],
           [0., 1.]])

    See also: ``spectral_density``, ``outlier``.
    """
    require_population(population)
    rows = positive("n", n, "pass the number of rows")
    columns = whole("d", d, "pass the number of columns")
    bins = whole("size", size, "pass the number of bins per axis", at_least=2, at_most=512)
    values, weights = spectrum = _merged(population.spectrum(columns))
    found = sample_density(spectrum, rows, columns, values)
    order = np.argsort(found.nodes)[::-1]
    given = np.vstack([found.share[order], found.at_zero])
    given /= given.sum(axis=0)
    joint = given[:, ::-1] * (weights[::-1] / weights.sum())
    edges = np.linspace(0.0, 1.0, bins + 1)
    rising = _cumulated(joint.sum(axis=1)), np.vstack([np.zeros(values.size), joint.cumsum(axis=0)])
    by_sample = np.stack([np.interp(edges, rising[0], one) for one in rising[1].T], axis=1)
    along = _cumulated(weights[::-1] / weights.sum())
    whole_mass = np.hstack([np.zeros((bins + 1, 1)), by_sample.cumsum(axis=1)])
    both = np.stack([np.interp(edges, along, one) for one in whole_mass])
    return np.asarray(bins * np.diff(np.diff(both, axis=0), axis=1)).clip(0.0, None)


def _cumulated(shares: Array) -> Array:
    """Return cumulated shares from exactly 0 to exactly 1."""
    found = np.append(0.0, np.cumsum(shares))
    return np.asarray(found / found[-1])


def _without_outliers(population: Population, exact: Spectrum, n: float, d: int) -> Spectrum:
    """Return a spectrum without the factors whose sample eigenvalues lie outside the bulk."""
    values, weights = exact[0], exact[1].copy()
    for k, mu in enumerate(population.factors):
        if bool(outlier(float(mu), population.surroundings(k, d), n / d).separated):
            weights[np.argmin(np.abs(values - mu))] -= 1.0 / d
    kept = weights > 0.5 / d
    return (values[kept], weights[kept]) if kept.any() else exact


def _merged(spectrum: Spectrum) -> Spectrum:
    """Return a spectrum of at most about 300 atoms: those within a small ratio are merged."""
    values, weights = spectrum
    if values.size <= _ATOMS:
        return spectrum
    above = values > 0
    logs = np.log(values[above])
    width = (logs[-1] - logs[0]) / _ATOMS
    label = np.floor((logs - logs[0]) / max(width, math.ulp(1.0))).astype(int)
    mass = np.bincount(label, weights=weights[above])
    mean = np.bincount(label, weights=weights[above] * values[above])
    used = mass > 0
    zero = weights[~above].sum()
    start = [0.0] if zero > 0 else []
    return (
        np.append(start, mean[used] / mass[used]),
        np.append([zero] if zero > 0 else [], mass[used]),
    )
