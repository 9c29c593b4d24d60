"""The public surface is the committed list: what is written today works after an update."""

from __future__ import annotations

import inspect

import pytest
from tests.support.surface import COMMITTED, surface

import twinseed as ts


def test_the_public_surface_is_the_committed_list() -> None:
    """After an addition run ``python -m tests.support.surface``; keep a removed name deprecated."""
    committed, found = COMMITTED.read_text("utf-8").splitlines(), surface()
    assert [line for line in committed if line not in found] == [], "keep these, deprecated"
    assert [line for line in found if line not in committed] == [], "add these to the list"
    assert committed == found


def test_the_search_sees_names_arguments_methods_and_options() -> None:
    found = surface()
    for line in (
        "twinseed.Ridge(strength=)",
        "twinseed.InputError",
        "twinseed.Twins.train_a",
        "twinseed predict",
        "twinseed predict --output -o",
        "twinseed compare ONE.nc",
    ):
        assert line in found, line
    assert [line for line in found if line.startswith("twinseed.compare(")] == [
        f"twinseed.compare({', '.join(inspect.signature(ts.compare).parameters)})"
    ]


def test_a_removed_name_and_a_removed_argument_are_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    before = surface()
    monkeypatch.setattr(ts, "__all__", [name for name in ts.__all__ if name != "Ridge"])
    monkeypatch.setattr(ts, "compare", lambda first: None)
    gone = set(before) - set(surface())
    assert {"twinseed.Ridge(strength=)"} <= gone
    assert any(line.startswith("twinseed.compare(") for line in gone)
