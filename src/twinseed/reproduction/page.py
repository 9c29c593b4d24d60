"""The folder of the main job: the page, the figures, the readouts, and the table of claims."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from twinseed import readout
from twinseed.files import write_csv, write_text
from twinseed.jsonable import as_json
from twinseed.pages.page import render
from twinseed.reproduction.claims import told
from twinseed.reproduction.gallery import drawings
from twinseed.tables import percent

if TYPE_CHECKING:
    from twinseed.progress import Progress
    from twinseed.reproduction import Claim, Reproduction

__all__ = ["SCHEMA", "write_reproduction", "writing_steps"]

SCHEMA = 1
"""Version of ``claims.json``."""

_VERSIONS = ("twinseed", "python", "numpy", "scipy")


def writing_steps(reproduction: Reproduction) -> int:
    """Return the number of steps of ``write_reproduction``, for its progress."""
    return len(drawings(reproduction)) + 1


def write_reproduction(
    reproduction: Reproduction, folder: str | Path, progress: Progress | None = None
) -> Path:
    """Write a reproduction as one folder, and return the path of its page.

    The folder is created if missing. These files are written, or replaced: ``index.html``
    (self-contained), ``figures/*.png`` and ``*.svg``, ``readouts/*.nc``, ``claims.json`` and
    ``claims.csv``. ``progress`` advances ``writing_steps`` times.

    Raises:
        MissingExtraError: matplotlib is not installed.
        InputError, OSError: the folder cannot be written.
    """
    root = Path(folder)
    for name in ("figures", "readouts"):
        (root / name).mkdir(parents=True, exist_ok=True)
    for name, data in reproduction.readouts.items():
        readout.save(data, root / "readouts" / f"{name}.nc")
    versions = _versions(reproduction)
    _write_claims(reproduction, versions, root)
    shown = []
    for drawing in drawings(reproduction):
        shown.append(drawing.shown(root / "figures"))
        if progress is not None:
            progress.advance()
    page = root / "index.html"
    write_text(page, _page(reproduction, shown, versions), "folder")
    if progress is not None:
        progress.advance()
    return page


def _page(
    reproduction: Reproduction, shown: list[dict[str, Any]], versions: Mapping[str, str]
) -> str:
    sources: dict[str, list[Claim]] = {}
    for claim in reproduction.claims:
        sources.setdefault(claim.source, []).append(claim)
    return render(
        "reproduction/page.html",
        claims=reproduction.claims,
        anchors={claim.name: f"claim-{k}" for k, claim in enumerate(reproduction.claims, start=1)},
        sources=sources,
        failed=[claim for claim in reproduction.claims if not claim.agrees],
        told=told(reproduction.claims),
        allowed=_allowed,
        shown=shown,
        settings=_grouped(reproduction.settings),
        versions=versions,
    )


def _allowed(claim: Claim) -> str:
    """Return the allowance of a claim, with its share of the predicted number."""
    if not claim.allowance:
        return "0"
    share = f" ({percent(claim.relative, 2)})" if claim.predicted else ""
    return f"{claim.allowance:.2g}{share}"


def _versions(reproduction: Reproduction) -> dict[str, str]:
    """Return the versions that the readouts were made with."""
    for data in reproduction.readouts.values():
        return {name: str(data.attrs[name]) for name in _VERSIONS if name in data.attrs}
    return {}


def _write_claims(reproduction: Reproduction, versions: Mapping[str, str], root: Path) -> None:
    rows = [claim.to_dict() for claim in reproduction.claims]
    table = {
        "schema": SCHEMA,
        "agrees": reproduction.agrees,
        "claims": as_json(rows),
        "settings": as_json(reproduction.settings),
        "versions": versions,
    }
    text = json.dumps(table, indent=1, ensure_ascii=False, allow_nan=False)
    write_text(root / "claims.json", text + "\n", "folder")
    names = list(rows[0]) if rows else ["name"]
    write_csv({name: [row[name] for row in rows] for name in names}, root / "claims.csv", "folder")


def _grouped(settings: Mapping[str, Any]) -> dict[str, dict[str, str]]:
    """Return settings as text by group: settings without a group first, then each mapping."""
    alone = {
        # numbers of a seed are to be copied, so they have no commas
        key: ", ".join(map(str, part)) if key == "entropy" else _words(part)
        for key, part in settings.items()
        if not isinstance(part, Mapping)
    }
    groups = {"run": alone} if alone else {}
    for key, part in settings.items():
        if isinstance(part, Mapping):
            groups[key] = {str(name): _words(value) for name, value in part.items()}
    return groups


def _words(value: Any) -> str:
    """Return a setting as text."""
    if isinstance(value, list | tuple):
        return ", ".join(_words(part) for part in value)
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int):
        return f"{value:,}"
    return f"{value:g}" if isinstance(value, float) else str(value)
