"""Each command of README and docs is run, page by page, in the order of the page.

A page that makes its own files is followed as it stands: its Python before the commands below it.
Other pages speak of files of the reader, such as ``a.npy``. Such a file is made here, in the format
that its ending names. The options of ``SHORTER`` are added, because some commands take hours.
"""

from __future__ import annotations

import contextlib
import io
import re
import shlex
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.docs.test_documents import DOCUMENTS, commands, fences

pytestmark = [pytest.mark.nightly, pytest.mark.extras]

ELSEWHERE = {
    "explore": "the page to play with runs until Ctrl-C: tests/explore",
    "reproduce": "hours: make reproduce, and its quick form in tests/cli",
}
"""Commands that other tests follow."""

SHORTER = {"train": ["--steps", "2", "--seeds", "16"], "diagram": ["--cells", "81"]}
READS = {
    "--train-a",
    "--train-b",
    "--samples-a",
    "--samples-b",
    "--heldout",
    "--pairs",
    "--machine",
}
"""Options whose value is a file or a folder to read. So are words before the first option."""
WINDOWS = Path(__file__).parents[2] / "docs/studies/denoisers/results/windows"
PORT = "8786"
"""The port of Dask on the pages. A test takes a free port in its place."""


def _ours(line: str) -> bool:
    words = line.split()
    return words[:1] == ["twinseed"] and not ELSEWHERE.keys() & set(words[1:2])


FOLLOWED = [page for page in DOCUMENTS if any(_ours(line) for line in commands(page))]


def _steps(page: Path) -> Iterator[tuple[str, str]]:
    """Give the Python blocks and the lines to type of a page, in order."""
    for language, body in fences(page):
        if language == "python":
            yield "python", body
        elif language in {"bash", "console", "sh"}:
            for line in body.replace("\\\n", " ").splitlines():
                yield "line", line.removeprefix("$ ").strip()


def _read(words: list[str]) -> list[str]:
    """Return the files and folders that a command reads."""
    named = [value for option, value in pairwise(words) if option in READS]
    for word in words[2:]:
        if word.startswith("-"):
            break
        named.append(word)
    return named


def _make(path: Path, keys: list[str]) -> None:
    """Write rows with two strong directions, or pictures, in the format of the ending."""
    rng = np.random.default_rng(sum(path.name.encode()))
    path.parent.mkdir(parents=True, exist_ok=True)
    values = _rows(rng)
    arrays = {key: _rows(rng) for key in keys}
    if path.stem == "images":
        values = rng.standard_normal((700, 16, 16)).astype(np.float32)
    if path.suffix == ".npy":
        np.save(path, values)
    elif path.suffix == ".npz":
        np.savez(path, **arrays)
    elif path.suffix in {".csv", ".parquet"}:
        _table(path, values)
    elif path.suffix == ".safetensors":
        from safetensors.numpy import save_file

        save_file(arrays, path)
    elif path.suffix == ".pt":
        import torch

        held = {key: torch.from_numpy(array) for key, array in arrays.items()}
        torch.save(held or torch.from_numpy(values), path)
    elif path.suffix in {".h5", ".h5ad"}:
        import h5py

        with h5py.File(path, "w") as file:
            for key, array in (arrays or {"X": values}).items():
                file[key] = array
    elif path.suffix == ".nc":
        import xarray

        axes = ("time", "y", "x")
        fields = {key: (axes, array.reshape(-1, 3, 4)) for key, array in arrays.items()}
        xarray.Dataset(fields).to_netcdf(path)
    elif path.suffix == ".zarr":
        import zarr

        group = zarr.open_group(path, mode="w")
        for key, array in arrays.items():
            group.create_array(key, data=array)
    elif path.suffix == ".json":
        path.write_text((WINDOWS / "patches-30-1000steps.json").read_text("utf-8"), "utf-8")
    elif path.name == "samples":
        _pairs(path, rng)
    elif path.suffix == "":
        _pictures(path, rng)
    else:
        raise AssertionError(f"{path.name}: the page does not make it, and this test cannot")


def _rows(rng: np.random.Generator) -> Any:
    """Return 120 rows of 12 columns, with two strong directions."""
    strong = rng.standard_normal((120, 2)) @ np.vstack([np.ones(12), np.tile([1, -1], 6)])
    return rng.standard_normal((120, 12)) + 2 * strong


def _table(path: Path, values: Any) -> None:
    import pandas as pd

    table = pd.DataFrame(values[:, :3], columns=["age", "income", "height"])
    table["job"] = np.where(values[:, 3] > 0, "nurse", "teacher")
    if path.suffix == ".csv":
        table.to_csv(path, index=False)
    else:
        table.to_parquet(path)


def _pictures(folder: Path, rng: np.random.Generator) -> None:
    from PIL import Image

    folder.mkdir()
    for number in range(40):
        Image.fromarray(rng.integers(0, 256, (8, 8, 3), dtype=np.uint8)).save(
            folder / f"{number}.png"
        )


def _pairs(folder: Path, rng: np.random.Generator) -> None:
    """Write samples of twins at two numbers of training rows."""
    import torch

    folder.mkdir()
    for n in (30, 100):
        for side in "AB":
            torch.save(torch.from_numpy(_rows(rng)), folder / f"{side}_{n}.pt")


def _prepare(words: list[str], page: Path) -> None:
    """Make the files that a command reads, and that the page has not made."""
    for name in _read(words):
        file = Path(name.partition("#")[0])
        if not file.exists():
            keys = re.findall(rf"{re.escape(file.name)}#([\w/]+)", page.read_text("utf-8"))
            _make(file, list(dict.fromkeys(keys)))


def _run(line: str, page: Path) -> None:
    line, _, told = line.partition(" #")
    words = shlex.split(line)
    _prepare(words, page)
    extra = SHORTER.get(words[1], [])
    command = [
        sys.executable,
        "-m",
        "twinseed",
        *words[1:],
        *([] if set(extra[:1]) & set(words) else extra),
    ]
    done = subprocess.run(command, capture_output=True, text=True)
    status = re.search(r"exit status (\d)", told)
    wanted = {int(status[1])} if status else {0, 1, 3} if words[1] == "audit" else {0}
    assert done.returncode in wanted, (line, done.returncode, done.stderr[-2000:])
    assert "Traceback" not in done.stderr + done.stdout, line


def _free_port() -> str:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return str(taken.getsockname()[1])


@contextlib.contextmanager
def _started() -> Iterator[list[subprocess.Popen[bytes]]]:
    """Keep processes that a page starts with ``&``, and end them at the end of the page."""
    processes: list[subprocess.Popen[bytes]] = []
    try:
        yield processes
    finally:
        for process in reversed(processes):
            process.terminate()
        for process in processes:
            process.wait(30)


@pytest.mark.parametrize("page", FOLLOWED, ids=lambda page: page.name)
def test_every_command_of_a_page_runs(
    page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    names = {"__name__": "guide"}
    port = _free_port()
    with _started() as processes:
        for kind, body in _steps(page):
            if kind == "python" and (file := re.match(r"# (\w+\.py)\n", body)):
                Path(file[1]).write_text(body, "utf-8")
            if kind == "python":
                with contextlib.redirect_stdout(io.StringIO()):
                    exec(compile(body, page.name, "exec"), names)
            elif body.startswith("dask "):
                words = shlex.split(body.removesuffix("&").replace(PORT, port))
                processes.append(
                    subprocess.Popen([str(Path(sys.executable).with_name("dask")), *words[1:]])
                )
                time.sleep(3)
            elif body.startswith("mkdir "):
                Path(body.split()[1]).mkdir()
            elif _ours(body):
                _run(body.replace(PORT, port), page)
