"""Makes random generators from a seed, one for each named purpose."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

import numpy as np

from twinseed.errors import InputError

__all__ = ["RandomSource", "entropy_of", "stream"]

_MOST_BITS = 4096
"""Of a seed: a larger number cannot be written into a readout."""

RandomSource = int | Sequence[int] | np.random.SeedSequence | np.random.Generator


def entropy_of(rng: RandomSource) -> tuple[int, ...]:
    """Return the root entropy of ``rng``, as a tuple of non-negative integers.

    The same number, sequence of numbers or ``SeedSequence`` always gives the same answer. A
    ``Generator`` is advanced by four words, so two calls with the same generator give independent
    roots.

    >>> entropy_of(7)
    (7,)
    """
    if isinstance(rng, np.random.Generator):
        return tuple(int(word) for word in rng.integers(0, 2**32, size=4, dtype=np.uint64))
    if isinstance(rng, np.random.SeedSequence):
        return tuple(int(word) for word in rng.generate_state(4))
    words = [rng] if isinstance(rng, int | np.integer) else rng
    remedy = "pass a whole number, zero or above, or a numpy Generator"
    if isinstance(words, str | bytes) or not isinstance(words, Sequence):
        raise InputError("rng", "must be a seed or a numpy Generator", rng, remedy)
    if not words or any(
        isinstance(word, bool) or not isinstance(word, int | np.integer) or word < 0
        for word in words
    ):
        raise InputError("rng", "must be a seed or a numpy Generator", rng, remedy)
    if any(int(word).bit_length() > _MOST_BITS for word in words):
        raise InputError("rng", f"must be below 2**{_MOST_BITS}", "a larger number", remedy)
    return tuple(int(word) for word in words)


def stream(entropy: Sequence[int], name: str) -> np.random.Generator:
    """Return the random generator of the stream ``name`` for a root entropy.

    Streams with different names are independent. A stream depends only on the root entropy and the
    name, so work can be done in any order, by any number of workers, and interrupted.

    >>> a, b = stream((7,), "noise"), stream((7,), "noise")
    >>> float(a.standard_normal()) == float(b.standard_normal())
    True
    """
    digest = hashlib.sha256(name.encode()).digest()
    key = tuple(int.from_bytes(digest[i : i + 4], "little") for i in range(0, 16, 4))
    return np.random.default_rng(np.random.SeedSequence(list(entropy), spawn_key=key))
