"""Readouts as files: what is saved comes back, whatever the shape."""

from __future__ import annotations

from pathlib import Path

import pytest

import twinseed as ts
from twinseed import readout
from twinseed.errors import ReadoutError

GRIDS = {
    "a factor on a grid": (ts.Spiked([2.0]), {"n": [50, 100], "d": 80}),
    "no factor on a grid": (ts.Spiked([]), {"n": [50, 100], "d": 80}),
    "no factor at one point": (ts.Spiked([]), {"n": 50, "d": 80}),
    "the limit": (ts.Spiked([2.0]), {"gamma": [0.5, 2.0]}),
}


@pytest.mark.parametrize("case", GRIDS)
def test_a_saved_readout_comes_back(case: str, tmp_path: Path) -> None:
    population, grid = GRIDS[case]
    written = ts.predict(population, [ts.Ridge(0.0), ts.Ridge(0.1)], **grid)
    readout.save(written, tmp_path / "readout.nc")
    again = readout.load(tmp_path / "readout.nc")
    assert again.equals(written)
    assert again.attrs == written.attrs
    assert again["recovery"].attrs == written["recovery"].attrs


def test_a_file_that_is_no_readout_is_refused(tmp_path: Path) -> None:
    written = ts.predict(ts.Spiked([]), n=50, d=80)
    written.drop_vars(readout.VARIABLES).to_netcdf(tmp_path / "other.nc", engine="scipy")
    with pytest.raises(ReadoutError, match="missing"):
        readout.load(tmp_path / "other.nc")
