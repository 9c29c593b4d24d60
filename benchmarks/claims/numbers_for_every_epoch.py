"""Every order parameter at every epoch: the accumulator beside ``measure`` from the start.

A training loop draws samples in batches and wants m, q and Q after each epoch, from the same real
rows. ``measure`` checks, hashes and decomposes those rows again each time. The rival does that; the
numbers are compared and have to be equal. What remains on both sides is the search for the nearest
rows of new samples, which nobody can spare.
"""

from __future__ import annotations

import time
from collections.abc import Iterator

import numpy as np

import twinseed as ts
from comparison import Comparison

CLAIM = "Every order parameter at every epoch, in less time than measuring from the start"
BATCH = 250


def compare(*, quick: bool) -> Iterator[Comparison]:
    rows, d, seeds, epochs = (500, 50, 500, 2) if quick else (20_000, 300, 1000, 3)
    rng = np.random.default_rng(0)
    train_a, train_b, heldout = (rng.standard_normal((rows, d), dtype=np.float32) for _ in range(3))
    samples = [
        [rng.standard_normal((seeds, d), dtype=np.float32) for _ in "ab"] for _ in range(epochs)
    ]
    ts.measure(ts.Twins(*samples[0], train_a[:100]), rng=0)  # loads what both sides load
    start = time.process_time()
    seen = ts.Accumulator(train_a=train_a, train_b=train_b, heldout=heldout, rng=0)
    ours, theirs, equal = time.process_time() - start, 0.0, True
    for a, b in samples:
        start = time.process_time()
        seen.reset()
        for at in range(0, seeds, BATCH):
            seen.update(a[at : at + BATCH], b[at : at + BATCH])
        readout = seen.compute()
        middle = time.process_time()
        again = ts.measure(ts.Twins(a, b, train_a, train_b, heldout), rng=0)
        ours, theirs = ours + middle - start, theirs + time.process_time() - middle
        equal &= readout.equals(again)
    size = f"2 x {seeds:,} samples, 3 x {rows:,} rows, d = {d}"
    yield Comparison(
        ours=f"an epoch by the accumulator, preparation shared by {epochs}: {size}",
        our_value=ours / epochs,
        theirs="Twins and measure",
        their_value=theirs / epochs,
        unit="CPU s",
        claimed="less, and equal numbers",
        held=equal and ours < theirs,
    )
