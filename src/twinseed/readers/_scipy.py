"""Files that scipy reads: ``.mat``, classic ``.nc``, and its sparse ``.npz``."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from twinseed.readers._hdf5 import read_hdf5, read_matlab
from twinseed.readers._packed import decoded
from twinseed.readers.dimensions import axes_of_rows, moments, rows_first, variables_of_rows
from twinseed.readers.joining import joined
from twinseed.readers.source import Mapped, Source
from twinseed.readers.table import Table

__all__ = ["read_mat", "read_netcdf"]

_BOUNDS = ("_bnds", "_bounds")
_HDF5 = b"\x89HDF\r\n\x1a\n"


def read_netcdf(source: Source) -> NDArray[Any] | Mapped | Table:
    """Return one variable of a NetCDF file, with its CF attributes decoded."""
    if _starts(source, _HDF5):
        return read_hdf5(source)
    from scipy.io import netcdf_file

    source.require_room((source.path.stat().st_size,), 1)
    with netcdf_file(str(source.path), "r", mmap=False) as file:
        variables = dict(file.variables)
        if source.reading.rows is not None and not source.key:
            own = {k: v.dimensions for k, v in variables.items() if k not in file.dimensions}
            names = variables_of_rows(source, own, "variables")
            if len(names) > 1:
                return joined(source, names, lambda one: _variable(source, variables, one))
            return _variable(source, variables, names[0])
        axes = {k: 0 if k.endswith(_BOUNDS) else len(v.shape) for k, v in variables.items()}
        return _variable(source, variables, _chosen(source, axes, "variables"))


def _variable(source: Source, variables: Any, name: str) -> NDArray[Any] | Table:
    """Return one variable, with its rows along the first axis."""
    variable = variables[name]
    rows, about = np.asarray(variable.data), vars(variable)["_attributes"]
    own = variable.dimensions
    if len(own) == 1 and (times := moments(rows, about)) is not None:
        return Table((name,), (times,))
    axes = axes_of_rows(source.bad, own, source.reading.rows)
    names = [
        (one, tuple(np.asarray(variables[one].data, dtype=np.float64).tolist()))
        if one in variables and len(variables[one].shape) == 1
        else None
        for k, one in enumerate(own)
        if k not in axes
    ]
    if any(names):
        source.names[:] = names
    found = decoded(source, rows, rows.shape, rows.dtype, about)
    return found if axes == (0,) else np.array(rows_first(found, axes))


def read_mat(source: Source) -> NDArray[Any] | Mapped | Table:
    """Return one matrix of a MATLAB file; no object of it is made."""
    if _starts(source, _HDF5, at=512):
        return read_matlab(source)
    from scipy import sparse
    from scipy.io import loadmat, whosmat

    known = {name: shape for name, shape, kind in whosmat(str(source.path)) if kind in _NUMBERS}
    name = _chosen(source, {k: sum(n > 1 for n in v) for k, v in known.items()}, "arrays")
    source.require_room(known[name], 8)
    found = loadmat(str(source.path), variable_names=[name])[name]
    rows = np.asarray(found.todense()) if sparse.issparse(found) else np.asarray(found)
    return source.copied(rows, rows.shape, rows.dtype)


_NUMBERS = {
    *("double", "single", "sparse", "logical", "int8", "uint8", "int16", "uint16"),
    *("int32", "uint32", "int64", "uint64"),
}


def _chosen(source: Source, axes: dict[str, int], what: str) -> str:
    """Return the array that is named, or the only one with rows."""
    rows = [name for name, count in axes.items() if count > 1]
    if source.key or len(rows) != 1 or len(axes) == 1:
        return source.chosen(axes, what)
    source.notes.append(f"of {len(axes)} {what} the one with rows is read, #{rows[0]}")
    return rows[0]


def _starts(source: Source, mark: bytes, at: int = 0) -> bool:
    with source.path.open("rb") as file:
        file.seek(at)
        return file.read(len(mark)) == mark
