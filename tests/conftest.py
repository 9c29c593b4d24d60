"""What holds for every test: one BLAS thread, reproducible examples, Ctrl-C, no silent skip."""

from __future__ import annotations

import json
import os
import signal
import warnings
from collections.abc import Generator
from pathlib import Path
from typing import Any, TypeVar

for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(variable, "1")

import pytest  # noqa: E402  # numpy, which plug-ins may import, reads the variables when it loads
from hypothesis import settings  # noqa: E402  # as above

collect_ignore = ["reference/make_values.py"]  # a script; it needs mpmath

NOTHING_MISSING = os.environ.get("TWINSEED_FULL") == "1"
"""Set where the environment holds all that the selected tests need: there a skip is an error."""

if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    # as a shell leaves it to what it starts in the background; child processes would inherit it
    signal.signal(signal.SIGINT, signal.default_int_handler)

settings.register_profile("reproducible", derandomize=True, deadline=None, print_blob=True)
settings.load_profile("reproducible")

Report = TypeVar("Report", pytest.TestReport, pytest.CollectReport)


@pytest.hookimpl(wrapper=True, tryfirst=True)  # outermost: sees what xfail makes of a failure
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    return _failed_if_skipped((yield))


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report() -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    return _failed_if_skipped((yield))


def _failed_if_skipped(report: Report) -> Report:
    if NOTHING_MISSING and report.outcome == "skipped":
        report.outcome = "failed"
        vars(report).pop("wasxfail", None)  # pytest exits 0 on failures that carry this mark
        report.longrepr = f"nothing may be skipped in this environment: {report.longrepr}"
    return report


@pytest.fixture(autouse=True)
def width_of_the_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    """No test depends on how wide the terminal is in which it was started."""
    monkeypatch.delenv("COLUMNS", raising=False)


@pytest.fixture
def undrawn(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pages have a place for each figure, without the figure: three parts in four of their time.

    For tests of what is written around a page, which look at no figure.
    """

    def shown(self: Any, folder: Path | None = None) -> dict[str, Any]:
        for kind in ("png", "svg") if folder is not None else ():
            Path(folder, f"{self.name}.{kind}").touch()
        forms = dict.fromkeys(("wide", "narrow"), f'<svg aria-label="{self.name}"/>')
        return {"name": self.name, "caption": self.caption, "forms": forms}

    monkeypatch.setattr("twinseed.pages.drawing.Drawing.shown", shown)


@pytest.fixture
def read_here(monkeypatch: pytest.MonkeyPatch) -> None:
    """Files of foreign formats are read in this process; all that is sent and answered is the same.

    A child imports the library of the format anew for each call: most of a second, three with
    torch. For tests of what is read; tests/readers/test_formats.py and test_readers_child.py have
    the child.
    """
    from twinseed.errors import InputError, MissingExtraError
    from twinseed.readers import _isolated
    from twinseed.readers.endings import format_of
    from twinseed.readers.formats import ISOLATED, read_safely
    from twinseed.readers.reading import ReadOptions
    from twinseed.readers.source import Source

    def here(tasks: list[Any], seconds: float, folder: Path) -> int:
        for argument, text, path, key, limit, place, reading in json.loads(json.dumps(tasks[1:])):
            options, to = ReadOptions.received(reading), Path(place)
            source = Source(argument, text, Path(path), key, limit, to, options)
            try:
                with warnings.catch_warnings(action="ignore"):  # a child shows none
                    found = read_safely(source, ISOLATED[format_of(source)])
                _isolated.answer(found, to, source.notes, source.names)
            except (InputError, MissingExtraError) as error:
                _isolated.answer(error, to)
        return 0

    monkeypatch.setattr(_isolated, "_run", here)


@pytest.fixture(scope="session")
def root() -> Path:
    """The folder of the checkout."""
    return Path(__file__).parents[1]
