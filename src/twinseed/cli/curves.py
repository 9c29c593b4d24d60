"""Prints the results of twins for several n: as a table, or completely as JSON."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from twinseed.cli.output import print_json, print_table, readout_as_json, say
from twinseed.cli.saving import save_json, save_readout
from twinseed.files import write_text
from twinseed.tables import with_bar

if TYPE_CHECKING:
    import xarray as xr

    from twinseed.curves.curves import TwinCurves

__all__ = ["curves_as_json", "print_curves", "show_curves"]

_SHOWN = {
    "convergence": "q",
    "convergence_null": "q, mismatched seeds",
    "memorisation_ratio": "rho",
    "memorisation_share": "share",
    "recovery": "Q 1",
}


def show_curves(
    curves: TwinCurves, html: Path | None, output: Path | None, as_json: bool, quiet: bool
) -> None:
    """Write the page and the readout if they are asked for, and print."""
    if html is not None:
        from twinseed.curves.page import curves_page

        write_text(html, curves_page(curves), "--html")
    if output is not None:
        if output.suffix.lower() == ".json":
            save_json(curves_as_json(curves), output)
        elif output.suffix.lower() == ".html":
            from twinseed.curves.page import curves_page

            write_text(output, curves_page(curves), "--output")
        else:
            save_readout(curves.measured, output)
    if as_json:
        print_json(curves_as_json(curves))
    elif not quiet:
        print_curves(curves)


def print_curves(curves: TwinCurves) -> None:
    """Print one line per n, with the linear twins, and sentences about the least and largest n."""
    from twinseed.curves.curves import sentences

    models = {"": curves.measured, ", linear": curves.linear, ", machine": curves.machine}
    columns = [
        (words + model, name, data)
        for name, words in _SHOWN.items()
        for model, data in models.items()
        if data is not None and bool(curves.measured[name].notnull().any())
    ]
    rows = [
        (f"{int(n):,}", *(_cell(data.isel(n=i), name) for _, name, data in columns))
        for i, n in enumerate(curves.measured["n"].values)
    ]
    print_table(("n", *(head for head, _, _ in columns)), rows)
    for sentence in (*sentences(curves), *curves.notes):
        say(sentence)


def curves_as_json(curves: TwinCurves) -> dict[str, Any]:
    """Return every readout, the losses, the plan and the notes."""
    readouts = {
        "measured": curves.measured,
        "linear": curves.linear,
        "machine": curves.machine,
        "predicted": curves.predicted,
    }
    return {
        "schema": 1,
        **{n: None if data is None else readout_as_json(data) for n, data in readouts.items()},
        "losses": {name: [list(one) for one in curve] for name, curve in curves.losses.items()},
        "settings": curves.settings,
        "notes": list(curves.notes),
    }


def _cell(readout: xr.Dataset, name: str) -> str:
    one = readout[[name, f"{name}_se"]]
    one = one.isel(factor=0) if "factor" in one.dims else one
    return with_bar(float(one[name]), float(one[f"{name}_se"]))
