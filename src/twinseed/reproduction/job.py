"""The main job: runs all experiments in one sweep that can resume, and tests all claims."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from os import PathLike
from pathlib import Path
from typing import Any

import numpy as np

from twinseed._version import __version__
from twinseed.arrays import Array
from twinseed.checks import whole
from twinseed.files import made_folder, written
from twinseed.progress import ShowProgress
from twinseed.randomness import RandomSource, entropy_of
from twinseed.readout import Readouts
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
from twinseed.simulation import Compressed, Dense
from twinseed.sweep import Cell, Job, Result, Store, run

__all__ = ["Reproduction", "reproduce"]

_REVISION = 1
"""Raised when the same seed gives other splits or other measurements."""


@dataclass(frozen=True, eq=False)
class Reproduction:
    """The result of the main job.

    Args:
        readouts: readouts by name.
        claims: all claims.
        pictures: empty, or with ``strip``, (sizes, seeds, 3, height, width): model A, model B and
            the training picture nearest to A's; and ``sizes``, (sizes,).
        settings: how the job was run, ready for JSON.
    """

    readouts: Readouts
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

    Without ``data`` these are predicted and simulated: memorisation, convergence and recovery over
    the load, convergence with different factors, power laws, and a growing ridge. Twins are also
    trained on disjoint halves of scikit-learn's digits, and two controls are run. With ``data``
    only the part on real rows and the controls are run, on these rows. Nothing is drawn and nothing
    is printed.

    Args:
        folder: the folder for ``store.sqlite``, which keeps every finished draw, and ``rows.npy``;
            created if missing. A second call with the same seed continues from these files.
        quick: True makes fewer and smaller draws.
        data: a path to ``.npy``, ``.npz`` or ``.csv``, or an array; rows are samples.
        rng: a seed; with a numpy generator a job cannot resume, because each call gets another
            seed.
        workers: processes on this machine.
        progress: True shows it on stderr, False does not, None does on a terminal; a function is
            called with the number of draws done since its last call.

    Raises:
        InputError: before any work: a folder that cannot be written, data that cannot be used, bad
            ``workers``.
        StoreError: the folder's store belongs to another version or seed, or is in use.
        MissingExtraError: the digits need scikit-learn.

    Validity: each claim has an allowance with its reason; see ``Claim``, and the modules
    ``allowances`` and ``splits`` for allowances and error bars.
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
    target = made_folder("folder", folder)
    settings = QUICK if quick else FULL
    path = target / "rows.npy"
    plan = DataPlan.build(rows, path, settings)
    linear = [] if rows.own else experiments(settings)
    with written(path, "folder") as unfinished, unfinished.open("wb") as file:
        np.save(file, rows.values)
    parts: dict[str, list[Cell]] = {one.name: one.simulation.cells for one in linear}
    parts |= {name: split.cells for name, split in plan.splits.items()}
    revisions = f"{Dense.revision}/{Compressed.revision}/{_REVISION}"
    job = Job("reproduce", f"{__version__}/{revisions}", entropy)
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
    """Run the cells of all parts in one sweep, in an order that mixes long and short cells."""
    cells = sorted((cell for part in parts.values() for cell in part), key=job.key)
    with Store(path, job) as store:
        found = run(job, cells, store=store, workers=workers, progress=progress)
    by_key = {job.key(cell): result for cell, result in zip(cells, found, strict=True)}
    return {name: [by_key[job.key(cell)] for cell in part] for name, part in parts.items()}


def _linear_claims(
    settings: Settings, linear: list[Experiment], simulated: Readouts
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
            else "estimated from the rows (fewer than 20 rows per column)",
            "fourth_moments_over_gaussian": plan.moments.agreement,
        },
    }
