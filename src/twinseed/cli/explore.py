"""``twinseed explore``: a local page on which n is dragged and twins come to agree."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path
from typing import Annotated

import typer

from twinseed.cli.errors import guarded
from twinseed.cli.options import Quiet, option
from twinseed.cli.output import say
from twinseed.errors import InputError, MissingExtraError

__all__ = ["explore"]

_PATIENCE = 20.0
"""Seconds that the server has to close its connections and to delete its files."""


@guarded(interrupted="stopped", patience=_PATIENCE, own="--data", folder="--export")
def explore(
    port: Annotated[
        int, option("N", "The port of the page on this machine; 0: any free port.", "--port")
    ] = 8765,
    no_browser: Annotated[
        bool, typer.Option("--no-browser", help="Do not open the page in a browser.")
    ] = False,
    data: Annotated[
        Path | None,
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
    if data is not None and not data.exists():
        raise InputError("--data", "must be a file that exists", str(data), "check the name")
    if export is not None:
        _exported(export, data, quiet)
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
        serve(listening, own=data, started=started)


def _exported(folder: Path, data: Path | None, quiet: bool) -> None:
    from twinseed.explore.datasets import Datasets
    from twinseed.explore.export import FULL, export
    from twinseed.progress import track

    total = sum(1 for _ in FULL.questions(Datasets(data)))
    with track(total, "export", None if not quiet else False) as shown:
        made = export(folder, own=data, progress=shown.advance)
    if not quiet:
        say(f"twinseed explore: the page is in {made}; any server of static files can show it")
