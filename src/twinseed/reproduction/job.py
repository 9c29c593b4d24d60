"""The main job: run every experiment, in one resumable sweep, and draw the conclusions."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from twinseed._version import __version__
from twinseed.arrays import Array
from twinseed.checks import whole
from twinseed.errors import InputError
from twinseed.files import written
from twinseed.progress import ShowProgress
from twinseed.randomness import RandomSource, entropy_of
from twinseed.reproduction.claims import Claim
from twinseed.reproduction.claims_data import control_claims, data_claims
from twinseed.reproduction.claims_factors import blindness_claims, filter_claim, recovery_claims
from twinseed.reproduction.claims_load import convergence_claims, memorisation_claims
from twinseed.reproduction.claims_spectra import path_claims, power_law_claims
from twinseed.reproduction.data import DataPlan
from twinseed.reproduction.dataset import CleanRows, prepared
from twinseed.reproduction.linear import Experiment, experiments, theory
from twinseed.reproduction.pictures import strip
from twinseed.reproduction.settings import FULL, QUICK, Settings
from twinseed.simulation import Dense
from twinseed.sweep import Cell, Job, Result, Store, run

if TYPE_CHECKING:
    import xarray as xr

__all__ = ["Reproduction", "reproduce"]

_REVISION = 1
"""Rises when the same seed gives another split or another measurement of it."""


@dataclass(frozen=True, eq=False)
class Reproduction:
    """What the main job found: readouts by name, claims, pictures, and how it was run.

    ``pictures`` is empty, or has ``strip`` (sizes, seeds, 3, height, width; the three are model A,
    model B and the nearest training picture of A) and ``sizes``. ``settings`` is ready for JSON.
    """

    readouts: Mapping[str, xr.Dataset]
    claims: tuple[Claim, ...]
    pictures: Mapping[str, Array]
    settings: Mapping[str, Any]

    @property
    def agrees(self) -> bool:
        """Whether every claim agrees."""
        return all(claim.agrees for claim in self.claims)


def reproduce(
    folder: str | PathLike[str],
    *,
    quick: bool = False,
    data: Any = None,
    rng: RandomSource = 0,
    workers: int = 2,
    progress: ShowProgress = None,
) -> Reproduction:
    """Test every claim of the linear theory, by simulation and on data.

    Without ``data``: memorisation, convergence and recovery against the load, the blindness of
    convergence to factors, power laws and the path of a ridge are predicted and simulated; twins
    are trained on disjoint halves of scikit-learn's digits; two controls are run. With ``data`` (a
    path to ``.npy``, ``.npz`` or ``.csv``, or an array; rows are samples): the real-data part on
    these rows, and the controls. Nothing is drawn and nothing is printed.

    Args:
        folder: made if it is not there; holds ``store.sqlite``, in which every finished draw is
            kept, and ``rows.npy``. Called again with the same seed, the job goes on from there.
        quick: fewer and smaller draws.
        data: rows to work on in place of the whole.
        rng: a seed; a numpy generator cannot be resumed, since it gives another seed each time.
        workers: processes on this machine.
        progress: True shows it on stderr, False does not, None does on a terminal; a function is
            called with the number of draws done since its last call.

    Raises:
        InputError: a folder that cannot be written, data that cannot be used, bad ``workers``: all
            before any work.
        StoreError: the folder's store belongs to another version or seed, or is in use.
        MissingExtraError: the digits need scikit-learn.

    Validity: a claim says what it allows for; see ``Claim`` and the modules ``allowances`` and
    ``splits`` for where the numbers and the error bars come from.
    Source: Maillard and Goldt, arXiv 2605.21402.

    >>> import tempfile
    >>> rows = np.random.default_rng(0).standard_normal((60, 4))
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     found = reproduce(folder, data=rows, quick=True, workers=1)
    >>> sorted(found.readouts)
    ['control_fresh', 'control_memoriser', 'data_gaussian', 'data_measured', 'data_predicted']
    """
    entropy = entropy_of(rng)
    processes = whole("workers", workers, "pass the number of processes to use")
    rows = prepared(data, entropy)
    target = _writable(folder)
    settings = QUICK if quick else FULL
    path = target / "rows.npy"
    plan = DataPlan.build(rows, path, settings)
    linear = [] if rows.own else experiments(settings)
    with written(path, "folder") as unfinished, unfinished.open("wb") as file:
        np.save(file, rows.values)
    parts: dict[str, list[Cell]] = {one.name: one.simulation.cells for one in linear}
    parts |= {name: split.cells for name, split in plan.splits.items()}
    job = Job("reproduce", f"{__version__}/{Dense.revision}/{_REVISION}", entropy)
    results = _swept(job, parts, target / "store.sqlite", processes, progress)
    simulated = {one.name: one.simulation.readout(results[one.name], entropy) for one in linear}
    measured = {name: split.readout(results[name], entropy) for name, split in plan.splits.items()}
    readouts = {
        **({} if rows.own else theory(settings)),
        **simulated,
        f"{plan.prefix}_predicted": plan.predicted(),
        **measured,
    }
    claims = [
        *([] if rows.own else _linear_claims(settings, linear, simulated)),
        *data_claims(plan, readouts),
        *control_claims(plan, readouts),
    ]
    return Reproduction(
        readouts=readouts,
        claims=tuple(claims),
        pictures=strip(rows, plan.sizes, entropy),
        settings=_described(settings, quick, rows, plan, entropy, parts),
    )


def _swept(
    job: Job, parts: Mapping[str, list[Cell]], path: Path, workers: int, progress: ShowProgress
) -> dict[str, list[Result]]:
    """Run the cells of every part in one sweep, in an order that mixes long and short ones."""
    cells = sorted((cell for part in parts.values() for cell in part), key=job.key)
    with Store(path, job) as store:
        found = run(job, cells, store=store, workers=workers, progress=progress)
    by_key = {job.key(cell): result for cell, result in zip(cells, found, strict=True)}
    return {name: [by_key[job.key(cell)] for cell in part] for name, part in parts.items()}


def _linear_claims(
    settings: Settings, linear: list[Experiment], simulated: Mapping[str, xr.Dataset]
) -> list[Claim]:
    by_name = {one.name: one for one in linear}
    load = by_name[f"simulated_load_d{settings.d_large}"]
    factors = {s: by_name[f"blind_simulated_{s:g}"] for s in settings.strengths}
    return [
        *memorisation_claims(load, simulated[load.name]),
        *convergence_claims(load, by_name["identity_simulated"], simulated),
        *blindness_claims(factors, simulated),
        *recovery_claims(factors, simulated),
        filter_claim(load, simulated[load.name]),
        *power_law_claims(
            {a: by_name[f"power_law_simulated_{a:g}"] for a in settings.exponents}, simulated
        ),
        *path_claims(
            {g: by_name[f"ridge_path_simulated_{g:g}"] for g in settings.path_loads}, simulated
        ),
    ]


def _writable(folder: str | PathLike[str]) -> Path:
    """Make the folder and try to write into it."""
    target = Path(folder)
    try:
        target.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=target) as probe:
            probe.write(b"0")
    except OSError as error:
        raise InputError(
            "folder",
            f"cannot be written ({error.strerror or error})",
            str(target),
            "pass a folder that you may write to",
        ) from error
    return target


def _described(
    settings: Settings,
    quick: bool,
    rows: CleanRows,
    plan: DataPlan,
    entropy: tuple[int, ...],
    parts: Mapping[str, list[Cell]],
) -> dict[str, Any]:
    return {
        "twinseed": __version__,
        "quick": quick,
        "entropy": list(entropy),
        "sizes": asdict(settings),
        "draws": {name: len(cells) for name, cells in parts.items()},
        "data": {
            "name": rows.name,
            "rows": rows.count,
            "columns": rows.d,
            "constant_columns_dropped": rows.constant_columns,
            "repeated_rows_dropped": rows.repeated,
            "fingerprint": rows.fingerprint,
            "training_rows": list(plan.sizes),
            "splits": plan.splits["control_fresh"].replicates,
            "population": "the rows themselves"
            if plan.about.exact
            else "estimated from the rows (fewer than 20 rows a column)",
            "fourth_moments_over_gaussian": plan.moments.agreement,
        },
    }
