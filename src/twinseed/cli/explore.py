"""``twinseed explore``: a local page on which n is dragged and twins come to agree."""

from __future__ import annotations

from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from twinseed.cli.errors import guarded
from twinseed.cli.options import Quiet, option
from twinseed.cli.output import say
from twinseed.cli.reading import rows_told, with_reading
from twinseed.errors import InputError, MissingExtraError

if TYPE_CHECKING:
    from twinseed.explore.datasets import OwnRows

__all__ = ["explore"]

_PATIENCE = 20.0
"""Seconds that the server has to close its connections and to delete its files."""


@guarded(interrupted="stopped", patience=_PATIENCE, path="--data", data="--data", folder="--export")
@partial(with_reading, lazily=True)
def explore(
    port: Annotated[
        int, option("N", "The port of the page on this machine; 0: any free port.", "--port")
    ] = 8765,
    no_browser: Annotated[
        bool, typer.Option("--no-browser", help="Do not open the page in a browser.")
    ] = False,
    data: Annotated[
        str | None,
        option("FILE", "Your own rows or images, as a data set of the page.", "--data"),
    ] = None,
    export: Annotated[
        Path | None,
        option(
            "FOLDER",
            "Write the page as static files into a new folder, and end. A static copy has the "
            "answers of a grid of slider positions.",
            "--export",
        ),
    ] = None,
    quiet: Quiet = False,
    *,
    reading: Any,
) -> None:
    """Open a page to play with, on this machine alone.

    Drag the number of training rows and watch two models come to agree; choose a population and a
    filter; plan and audit with your own files. No request leaves this machine, and files that the
    page is given are deleted when the command ends. Ctrl-C ends the command.
    """
    if find_spec("starlette") is None or find_spec("uvicorn") is None:
        raise MissingExtraError("starlette and uvicorn", "explore", "twinseed explore")
    if not 0 <= port <= 65535:
        raise InputError("--port", "must lie from 0 to 65535", port, "pass 8765, or 0")
    if data is None and reading is not None:
        remedy = "pass --data FILE too, or leave the options of reading out"
        raise InputError("--data", "is needed by the options of reading", "nothing", remedy)
    own = None if data is None else _own(data, reading)
    if export is not None:
        _exported(export, own, quiet)
        return
    from twinseed.explore.serving import HOST, bound, serve

    listening = bound(port)
    address = f"http://{HOST}:{listening.getsockname()[1]}/"

    def started() -> None:
        if not quiet:
            say(f"twinseed explore: {address} (Ctrl-C ends)")
        if not no_browser:
            import webbrowser

            webbrowser.open(address)

    with listening:
        serve(listening, own=own, started=started)


def _own(file: str, reading: Any) -> OwnRows:
    """Read a user's rows before the page opens, so that a bad file is refused in the terminal."""
    from twinseed.explore.datasets import OwnRows
    from twinseed.readers import ReadOptions

    rows = rows_told(file, reading or ReadOptions())
    lines: tuple[str, ...] = (f"rows = {file!r}",)
    if reading is not None:
        lines = (
            "from twinseed.readers import load_rows",
            "from twinseed.readers.reading import ColumnSchema, ReadOptions",
            f"rows = load_rows({file!r}, reading={reading!r})",
        )
    return OwnRows(Path(file.partition("#")[0]).name, rows, lines)


def _exported(folder: Path, own: OwnRows | None, quiet: bool) -> None:
    from twinseed.explore.datasets import Datasets
    from twinseed.explore.export import FULL, export
    from twinseed.progress import track

    total = sum(1 for _ in FULL.questions(Datasets(own)))
    with track(total, "export", None if not quiet else False) as shown:
        made = export(folder, own=own, progress=shown.advance)
    if not quiet:
        say(f"twinseed explore: the page is in {made}; any server of static files can show it")
