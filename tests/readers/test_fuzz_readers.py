"""Damaged files of every format: rows or an InputError, and no file written."""

from __future__ import annotations

import os
import tempfile
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from fuzz.seeds import KEYS, PLACES, SEEDS, damaged, laid_out
from hypothesis import given, settings
from hypothesis import strategies as st

from twinseed import InputError
from twinseed.readers import Table, load
from twinseed.readers.formats import HERE, ISOLATED, read_safely
from twinseed.readers.source import Mapped, Source

OURS = sorted(HERE)
THEIRS = sorted(set(PLACES) - set(OURS))

seeds = cache(lambda kind: SEEDS[kind]())


def outcome(kind: str, content: bytes, way: str = "here") -> str:
    """Read bytes in a fresh folder; say what came of it, and what lies in the folder after."""
    with tempfile.TemporaryDirectory() as folder:
        path = laid_out(kind, content, folder)
        before = sorted(os.walk(folder))
        source = Source("path", path, Path(path), KEYS.get(kind, ""), limit=1 << 24)
        try:
            if way == "load":
                found = load(f"{path}#{KEYS[kind]}" if kind in KEYS else path, limit=1 << 24)
            else:
                found = read_safely(source, {**HERE, **ISOLATED}[kind.partition(" ")[0]])
            assert isinstance(found, np.ndarray | Table | Mapped)
            said = "rows"
        except InputError:
            said = "refused"
        assert sorted(os.walk(folder)) == before
    return said


@pytest.mark.parametrize("kind", OURS)
def test_the_seeds_are_valid(kind: str) -> None:
    assert {outcome(kind, content) for content in seeds(kind)} == {"rows"}


@pytest.mark.extras
@pytest.mark.parametrize("kind", THEIRS)
def test_the_seeds_of_foreign_formats_are_valid(kind: str) -> None:
    assert {outcome(kind, content) for content in seeds(kind)} == {"rows"}


@pytest.mark.parametrize("kind", OURS)
@given(seed=st.integers(0, 2**32 - 1), which=st.integers(0, 9))
def test_damage_is_refused_or_harmless(kind: str, seed: int, which: int) -> None:
    content = seeds(kind)[which % len(seeds(kind))]
    outcome(kind, damaged(content, np.random.default_rng(seed)))


@pytest.mark.parametrize("kind", OURS)
@given(content=st.binary(min_size=1, max_size=200))
def test_any_bytes_are_refused_or_harmless(kind: str, content: bytes) -> None:
    outcome(kind, content, way="load")


@pytest.mark.extras
@pytest.mark.parametrize("kind", THEIRS)
def test_damage_to_foreign_formats_is_contained(kind: str) -> None:
    outcome(kind, damaged(seeds(kind)[0], np.random.default_rng(0)), way="load")


@pytest.mark.extras
@pytest.mark.nightly
@pytest.mark.parametrize("kind", THEIRS)
@settings(max_examples=20)
@given(seed=st.integers(0, 2**32 - 1), which=st.integers(0, 9))
def test_much_damage_to_foreign_formats_is_contained(kind: str, seed: int, which: int) -> None:
    content = seeds(kind)[which % len(seeds(kind))]
    outcome(kind, damaged(content, np.random.default_rng(seed)), way="load")
