"""The options of ``predict`` and ``simulate``: populations, filters, and points of the grid."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Annotated, Any

from twinseed.cli.options import numbers, option
from twinseed.errors import InputError

if TYPE_CHECKING:
    from twinseed.populations import Population

__all__ = [
    "CALLED",
    "Atoms",
    "Bulk",
    "Columns",
    "PowerLaw",
    "Ridge",
    "Rows",
    "Spikes",
    "Strength",
    "populations",
    "ridge_filters",
]

Spikes = Annotated[
    str | None,
    option(
        "B1,B2", "One population: strengths of its factors over the bulk; 'none' for pure noise."
    ),
]
Strength = Annotated[str | None, option("B1,B2", "A population with one factor for each strength.")]
Bulk = Annotated[
    float, option("B", "Variance of the noise directions under --spikes or --strength.")
]
PowerLaw = Annotated[str | None, option("A1,A2", "Eigenvalues k^-A, with mean one; needs one --d.")]
Atoms = Annotated[
    str | None,
    option(
        "FILE", "Eigenvalues from .npy or .csv, one per row; an optional second column has weights."
    ),
]

Ridge = Annotated[str, option("R1,R2", "Strengths of the ridge filter.")]
Rows = Annotated[str | None, option("N1,N2", "Training rows.", "--n")]
Columns = Annotated[str | None, option("D1,D2", "Columns.", "--d")]

_OPTIONS = ("--spikes", "--strength", "--power-law", "--atoms")
_ARGUMENTS = ("population", "strengths", "exponent", "values", "weights")
CALLED: dict[str, str | Sequence[str]] = {
    **dict.fromkeys(_ARGUMENTS, _OPTIONS),
    "path": "--atoms",
    "filter": "--ridge",
    "strength": "--ridge",
}
"""The options of the arguments of populations and filters."""


def populations(
    spikes: str | None,
    strength: str | None,
    bulk: float,
    power_law: str | None,
    atoms: str | None,
    d: str | None,
) -> tuple[Population | list[Population], Any]:
    """Return the population or populations, and the number of columns to pass with them."""
    given = zip(_OPTIONS, (spikes, strength, power_law, atoms), strict=True)
    named = [option for option, value in given if value is not None]
    if len(named) != 1:
        raise InputError(
            ", ".join(_OPTIONS),
            "must be passed exactly once",
            ", ".join(named) or "none",
            "pass one of these options, as in --spikes 3,1",
        )
    columns = numbers("--d", d)
    import twinseed as ts

    if spikes is not None:
        return ts.Spiked([] if spikes == "none" else numbers("--spikes", spikes), bulk), columns
    if strength is not None:
        return _each(numbers("--strength", strength), lambda one: ts.Spiked([one], bulk)), columns
    if power_law is not None:
        if not isinstance(columns, float) or not columns.is_integer():
            raise InputError(
                "--d",
                "must be one whole number with --power-law",
                d,
                "pass one number, as in --d 500",
            )
        size = int(columns)
        return _each(numbers("--power-law", power_law), lambda one: ts.PowerLaw(one, size)), None
    assert atoms is not None
    return _atoms(atoms), columns


def _each(
    values: float | list[float], make: Callable[[float], Population]
) -> Population | list[Population]:
    return [make(one) for one in values] if isinstance(values, list) else make(values)


def _atoms(path: str) -> Population:
    import twinseed as ts
    from twinseed.readers import load_rows

    table = load_rows(path)
    table = table.reshape(-1, 1) if table.ndim == 1 else table
    if table.ndim != 2 or table.shape[1] > 2:
        raise InputError(
            "--atoms",
            "must have one or two columns",
            table.shape,
            "pass a file of values, or of values and weights",
        )
    return ts.Atoms(table[:, 0], table[:, 1] if table.shape[1] == 2 else None)


def ridge_filters(ridge: str) -> Any:
    strengths = numbers("--ridge", ridge)
    from twinseed.filters import Ridge as RidgeFilter

    if isinstance(strengths, list):
        return [RidgeFilter(strength) for strength in strengths]
    return RidgeFilter(strengths)
