"""The experiments on data: measurements on the rows, and predictions from their spectrum."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from twinseed.arrays import Array
from twinseed.coupling import outlier
from twinseed.matched import degrees_of_freedom
from twinseed.readout import Readout
from twinseed.reproduction.dataset import CleanRows, DataPopulation, data_population
from twinseed.reproduction.moments import FourthMoments, fourth_moments
from twinseed.reproduction.settings import Settings
from twinseed.reproduction.splits import DrawnRows, FileRows, Split, Truth
from twinseed.status import Status
from twinseed.verbs.predict import predict

__all__ = ["DataPlan"]

_AGREEMENT = (
    "convergence",
    "convergence_gap",
    "convergence_cosine",
    "convergence_corrected",
)
_DIGITS = (20, 50, 150, 400, 800)
_SIZES = 5
_FEWEST = 4
"""The least number of splits: fewer splits give no useful error bar."""
_CONTROL = 300
"""Most training rows of a control: the cost of the memoriser is seeds times rows."""
_SHIFT = 0.01
"""If fourth moments can change q by more than this, the prediction of q is "leading order"."""


@dataclass(frozen=True, eq=False)
class DataPlan:
    """All measurements on one set of rows."""

    rows: CleanRows
    about: DataPopulation
    moments: FourthMoments
    sizes: tuple[int, ...]
    heldout: tuple[int, ...]
    splits: dict[str, Split]

    @property
    def prefix(self) -> str:
        """The beginning of the names of the readouts."""
        return "data" if self.rows.own else "digits"

    @property
    def words(self) -> str:
        """The rows in a sentence."""
        return "your rows" if self.rows.own else "the digits"

    @property
    def source(self) -> str:
        """The rows in the name of a claim."""
        return "own data" if self.rows.own else "digits"

    @classmethod
    def build(cls, rows: CleanRows, path: Path, settings: Settings) -> DataPlan:
        """Build the plan; ``path`` is the file from which workers read the rows."""
        about = data_population(rows)
        eigenvalues, directions = rows.spectrum
        number = about.factors
        moments = fourth_moments(rows.values, eigenvalues, directions, about.groups)
        sizes = _DIGITS if not rows.own else _sizes(rows.count)
        heldout = tuple(min(n, rows.count - 2 * n) for n in sizes)
        source = FileRows(path, rows.fingerprint)
        drawn = DrawnRows(about.population, rows.d)
        axes = np.eye(rows.d)[:, :number]
        truths: dict[str, Truth | None] = {"measured": None, "gaussian": None}
        if number:
            truths = {
                "measured": Truth(directions[:, :number], eigenvalues[:number]),
                "gaussian": Truth(axes, eigenvalues[:number]),
            }
        prefix = "data" if rows.own else "digits"
        common: dict[str, Any] = {"d": rows.d, "replicates": _splits(sizes, rows.d, settings)}
        linear = {**common, "sizes": sizes, "heldout": heldout, "seeds": settings.data_seeds}
        seeds = max(2, min(settings.data_seeds, rows.count // 4))
        few = min((rows.count - seeds) // 3, _CONTROL)
        control = {**common, "sizes": (few,), "heldout": (few,), "seeds": seeds}
        splits = {
            f"{prefix}_measured": Split("linear", source, truth=truths["measured"], **linear),
            f"{prefix}_gaussian": Split("linear", drawn, truth=truths["gaussian"], **linear),
            "control_memoriser": Split("memoriser", source, **control),
            "control_fresh": Split("fresh", source, **control),
        }
        return cls(rows, about, moments, sizes, heldout, splits)

    def predicted(self) -> Readout:
        """Predict the measurements from the spectrum, with corrections for known differences.

        The models estimate their means: the formulas use n - 1 in place of n. The means of the
        twins differ by ``2 tr Sigma/n``, which lowers agreement. About the mean of all R real rows,
        with ``e = tr Sigma``, the energy is ``e (1 + 1/n - 1/R)`` and the overlap ``e (q - 1/R)``.
        A group of nearly equal directions is predicted as a subspace, as it is measured. The loss
        of overlap with the directions of all N rows is ``(N - n)/(N - 1)`` of the loss of an
        independent sample. The coordinate n is the number of training rows.

        Where ``|A - 1| (1 - q)`` exceeds 0.01, A the ratio of fourth moments to those of Gaussian
        rows, convergence is "leading order".
        """
        n = np.asarray(self.sizes, dtype=np.float64)
        found = predict(self.about.population, n=degrees_of_freedom(n), d=self.rows.d)
        total = 2 * n + np.asarray(self.heldout)
        energy = 1.0 + 1.0 / n - 1.0 / total
        gap = found["convergence_gap"].values
        moved = (1.0 - gap - 1.0 / total) / energy
        cosine = found["convergence_cosine"].values * moved / (1.0 - gap)
        changed: dict[str, Array] = {
            "convergence": moved,
            "convergence_gap": (gap + 1.0 / n) / energy,
            "convergence_cosine": cosine,
            "convergence_corrected": moved,
            "convergence_null": -1.0 / total / energy,
        }
        if self.about.factors:
            between = np.stack([self._overlaps(rows) for rows in degrees_of_freedom(n)])
            left = ((self.rows.count - n) / (self.rows.count - 1))[:, None]
            for name, loss in (
                ("recovery_twins", 1.0 - between),
                ("recovery", (1.0 - between) * left),
            ):
                learned = 1.0 - loss > found[name].values
                learned &= between > 0
                changed[name] = np.where(learned, 1.0 - loss, found[name].values)
                status = found[f"{name}_status"]
                found[f"{name}_status"] = status.copy(
                    data=np.where(learned, str(Status.OK), status.values)
                )
        shifted = np.abs(self.moments.agreement - 1.0) * changed["convergence_gap"] > _SHIFT
        for name in _AGREEMENT:
            status = found[f"{name}_status"]
            rough = shifted & (status.values == str(Status.OK))
            found[f"{name}_status"] = status.copy(
                data=np.where(rough, str(Status.LEADING_ORDER), status.values)
            )
        for name, value in changed.items():
            found[name] = found[name].copy(data=value)
        found = found.assign_coords(n=n, gamma=("n", n / self.rows.d))
        return found.assign_attrs(rows_heldout=" ".join(map(str, self.heldout)))

    def _overlaps(self, n: float) -> Array:
        """Return the predicted overlap of each leading direction, groups as subspaces."""
        eigenvalues, _ = self.rows.spectrum
        result = np.zeros(self.about.factors)
        for group in self.about.groups:
            others = np.delete(eigenvalues, group)
            share = np.full(others.size, 1.0 / self.rows.d)
            result[group] = np.mean(
                [
                    outlier(float(mu), (others, share), n / self.rows.d).overlap
                    for mu in eigenvalues[group]
                ]
            )
        return result


def _splits(sizes: tuple[int, ...], d: int, settings: Settings) -> int:
    """Return the number of splits: fewer for large rows, but at least four.

    A decomposition takes about ``20 n d min(n, d)`` operations; a split has four decompositions at
    each size.
    """
    cost = sum(80.0 * n * d * min(n, d) for n in sizes)
    return max(_FEWEST, min(settings.splits, int(settings.data_operations / cost)))


def _sizes(count: int) -> tuple[int, ...]:
    """Return up to five numbers of training rows, from 1/90 to 4/9 of all rows."""
    most = min(int(count * 4 / 9), (count - 2) // 2)
    least = min(most, max(3, count // 90))
    return tuple(sorted({round(float(n)) for n in np.geomspace(least, most, _SIZES)}))
