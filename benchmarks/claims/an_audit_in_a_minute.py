"""A full audit, its page included: seconds of one process, and how they grow with the data.

The rows have a spectrum that falls as images' do, and one sample in five hundred is a copy. The
seconds are those of the CPU, in one thread: other processes on the machine do not count.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np

import twinseed as ts
from comparison import Comparison

CLAIM = "A full audit in a minute, page included, and time that grows as samples times rows at most"
MINUTE = 60.0
COPIED_EVERY = 500
GROWTH = 1.25
"""Growth of the time beyond that of the work, for what does not shrink with it."""


def compare(*, quick: bool) -> Iterator[Comparison]:
    samples, rows, d = (200, 400, 32) if quick else (5000, 20_000, 784)
    _seconds(20, 40, d)  # loads what is loaded on first use
    half, whole = _seconds(samples // 2, rows // 2, d), _seconds(samples, rows, d)
    yield Comparison(
        ours=f"ts.audit and its page: {samples:,} samples, {rows:,} training rows, as many held "
        f"out, {d} float32",
        our_value=whole,
        theirs="a minute",
        their_value=MINUTE,
        unit="CPU s",
        claimed="under a minute",
        held=whole < MINUTE,
    )
    yield Comparison(
        ours="the same",
        our_value=whole,
        theirs="four times the seconds of half the samples and half the rows",
        their_value=4 * half,
        unit="CPU s",
        claimed=f"at most {GROWTH} times as long",
        held=whole <= GROWTH * 4 * half,
    )


def _seconds(samples: int, rows: int, d: int) -> float:
    rng = np.random.default_rng(0)
    scale = np.arange(1, d + 1, dtype=np.float32) ** -0.5
    train, heldout, generated = (
        rng.standard_normal((count, d), dtype=np.float32) * scale for count in (rows, rows, samples)
    )
    copies = generated[::COPIED_EVERY]
    copies[...] = train[: len(copies)] + np.float32(0.01)
    with tempfile.TemporaryDirectory() as folder:
        start = time.process_time()
        found = ts.audit(train_a=train, samples_a=generated, heldout=heldout, rng=0)
        found.to_html(Path(folder) / "page.html")
        return time.process_time() - start
