"""Fields over time as xarray and netCDF4 write them: which dimension holds the rows."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.cli.test_cli import call

from twinseed import InputError, Twins
from twinseed.readers import ReadOptions, as_arrays, labels_in, load, load_roles, rows_along

pytestmark = pytest.mark.usefixtures("read_here")

DRAW = np.random.default_rng(0)
HEAT = 280 + DRAW.standard_normal((4, 5, 16))  # lat, lon, time
WIND = DRAW.standard_normal((16, 4, 5))  # time, lat, lon
TIME = ReadOptions(rows=("time",))
PACKED = {"t2m": {"dtype": "i4", "scale_factor": 1e-6, "add_offset": 280.0, "_FillValue": -9}}


def fields() -> Any:
    import xarray as xr

    return xr.Dataset(
        {
            "t2m": (("lat", "lon", "time"), HEAT),
            "wind": (("time", "lat", "lon"), WIND),
            "land": (("lat", "lon"), np.ones((4, 5))),
        },
        {
            "time": np.datetime64("2020-01-01", "ns") + np.arange(16) * np.timedelta64(6, "h"),
            "lat": np.linspace(60, 50, 4),
            "lon": np.arange(5.0),
        },
    )


def saved(data: Any, path: Path, engine: str) -> Path:
    if engine == "zarr":
        data.to_zarr(path, encoding=PACKED, consolidated=False)
    else:
        data.to_netcdf(path, engine=engine, encoding=PACKED)
    return path


@pytest.mark.extras
@pytest.mark.parametrize("engine", ["netcdf4", "scipy", "zarr"])
def test_the_dimension_of_rows(tmp_path: Path, engine: str) -> None:
    path = saved(fields(), tmp_path / f"a.{'zarr' if engine == 'zarr' else 'nc'}", engine)
    expected = np.moveaxis(HEAT, -1, 0)
    np.testing.assert_allclose(load(f"{path}#t2m", reading=TIME), expected, atol=1e-6)
    np.testing.assert_array_equal(load(f"{path}#wind"), WIND)
    both = load_roles({"train_a": path}, reading=TIME)
    np.testing.assert_allclose(
        both["train_a"], np.c_[expected.reshape(16, -1), WIND.reshape(16, -1)], atol=1e-6
    )
    told = "the variables t2m (20 columns), wind (20 columns) are joined; each keeps its unit"
    assert f"train_a: {told}" in both.notes
    with pytest.raises(InputError, match=r"dimensions lat, lon, time, .*option rows, as in time"):
        load(f"{path}#t2m")
    with pytest.raises(InputError, match="has no dimension 'day'"):
        load(f"{path}#t2m", reading=ReadOptions(rows=("day",)))
    stacked = load(f"{path}#wind", reading=ReadOptions(rows=("time", "lat")))
    np.testing.assert_array_equal(stacked, WIND.reshape(64, 5))


@pytest.mark.extras
def test_a_grid_in_another_order_is_turned_and_another_grid_is_refused(tmp_path: Path) -> None:
    data = fields()[["wind"]]
    first = saved_plain(data, tmp_path / "a.nc", "netcdf4")
    turned = saved_plain(data.isel(lat=slice(None, None, -1)), tmp_path / "b.nc", "scipy")
    other = saved_plain(data.assign_coords(lat=data.lat + 1), tmp_path / "c.nc", "netcdf4")
    found = load_roles({"train_a": first, "samples_a": turned})
    np.testing.assert_array_equal(found["train_a"], found["samples_a"])
    assert any("the lat are brought into the order of train_a" in note for note in found.notes)
    with pytest.raises(InputError, match="samples_a must have the lat of train_a"):
        load_roles({"train_a": first, "samples_a": other})


def saved_plain(data: Any, path: Path, engine: str) -> Path:
    data.to_netcdf(path, engine=engine)
    return path


@pytest.mark.extras
@pytest.mark.parametrize("engine", ["netcdf4", "scipy"])
def test_rows_of_one_day_belong_together(tmp_path: Path, engine: str) -> None:
    path = saved_plain(fields()[["wind"]], tmp_path / "a.nc", engine)
    days = labels_in({"train_a": path}, "time:day")["train_a"]
    assert list(days[2:5]) == ["2020-01-01", "2020-01-01", "2020-01-02"]
    assert labels_in({"train_a": path}, "time")["train_a"][1] == "2020-01-01T06:00:00"
    with pytest.raises(InputError, match="no day can be told"):
        labels_in({"train_a": path}, "lat:day")
    with pytest.raises(InputError, match="write one of time:year"):
        labels_in({"train_a": path}, "time:decade")
    done = call(
        "audit", "--train-a", str(path), "--samples-a", str(path), "--group", "time:day", "--json"
    )
    assert done.exit_code in (1, 3), done.output
    assert '"groups": 4' in done.stdout


def test_what_is_missing_everywhere_is_left_out_of_arrays_from_python() -> None:
    rows = DRAW.standard_normal((6, 4))
    hidden = np.ma.array(rows, mask=np.zeros_like(rows, dtype=bool))
    hidden[:, 1] = np.ma.masked
    gaps = rows.copy()
    gaps[:, 1] = np.nan
    with pytest.warns(UserWarning, match="train_a, samples_a: 1 of 4 columns are missing in all"):
        found = as_arrays({"train_a": hidden, "samples_a": gaps})
    for one in found.values():
        np.testing.assert_array_equal(one, rows[:, [0, 2, 3]])
        assert not isinstance(one, np.ma.MaskedArray)
    hidden[2, 3] = np.ma.masked
    with (
        pytest.warns(UserWarning, match="left out"),
        pytest.raises(InputError, match=r"train_a\[2, 2\] must not be masked"),
    ):
        as_arrays({"train_a": hidden, "samples_a": gaps})


@pytest.mark.extras
def test_labelled_arrays_from_python() -> None:
    data = fields()
    twins = Twins(data.wind, None, data.wind)
    assert (twins.n, twins.image_shape) == (16, (4, 5))
    with pytest.raises(InputError, match=r"dimensions lat, lon, time.*option rows, as in time"):
        Twins(data.t2m, None, data.t2m)
    with pytest.raises(InputError, match="is a data set of t2m, wind"):
        Twins(data, None, data)
    np.testing.assert_array_equal(rows_along(data.t2m, "time"), np.moveaxis(HEAT, -1, 0))
    assert rows_along(data, "time").shape == (16, 40)
    with pytest.raises(InputError, match="no variable with the dimension member"):
        rows_along(data, "member")
    gaps = data.wind.where(data.lat < 59)
    with pytest.warns(UserWarning, match="5 of 20 columns are missing"):
        assert Twins(gaps, None, gaps).d == 15


def test_the_option_rows_is_for_files_with_dimensions(tmp_path: Path) -> None:
    np.save(tmp_path / "a.npy", WIND)
    with pytest.raises(InputError, match="rows is for NetCDF"):
        load(tmp_path / "a.npy", reading=TIME)
