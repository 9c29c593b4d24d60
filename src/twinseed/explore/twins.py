"""Twins of real images: the same seeds through model A and model B, with their meters."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from twinseed.errors import InputError, MissingExtraError
from twinseed.explore.answers import ChartAnswer
from twinseed.explore.asked import Asked
from twinseed.explore.datasets import NETWORK_SIZES

if TYPE_CHECKING:
    from twinseed.arrays import Array
    from twinseed.explore.datasets import DataSet, Datasets

__all__ = ["PAIRINGS", "ModelPair", "twins"]

PAIRINGS = ("disjoint", "same", "shuffled")
_MEASURED = 500
"""Seeds behind the meters; the pictures have seeds of their own."""
_MOST_SEEDS = 24
_FACTORS = 5
_LARGEST_SEED = 2**32 - 1


def twins(asked: Asked, datasets: Datasets) -> ChartAnswer:
    """Answer with pictures of both twins, the training images nearest to A's, and the meters."""
    import numpy as np

    from twinseed.neighbours import nearest
    from twinseed.randomness import stream

    data = datasets.get(asked.text("data") or datasets.names()[0])
    seeds = asked.whole("seeds", 4, 1, _MOST_SEEDS)
    seed = asked.whole("seed", 0, 0, _LARGEST_SEED)
    pair = ModelPair.of(asked, data)
    noise = stream((seed,), "explore: pictures").standard_normal((seeds, pair.width))
    a, b = pair.sampled(noise)
    train_a = data.training("a", pair.n)
    rows = nearest(a, train_a).distance_row.ravel()
    metered = asked.whole("meters", 1, 0, 1) == 1
    meters = None
    if metered:
        meters = _of_networks(pair) if pair.kind == "network" else pair.meters()
    body = {
        "data": data.name,
        "shape": list(data.picture),
        "a": _pictures(data, a),
        "b": _pictures(data, b),
        "nearest": _pictures(data, train_a[rows]),
        "nearest_row": rows.tolist(),
        "meters": meters,
        "sentence_facts": {
            "n": pair.n,
            "d": data.d,
            "most": data.most,
            "model": pair.kind,
            "pairing": pair.pairing,
            "exact_copies": int(np.sum(np.abs(a - train_a[rows]).max(axis=1) < 1e-6)),
        },
        "n_used": pair.n,
        "rows_available": data.most,
    }
    table: dict[str, list[Any]] = {"n": [pair.n]}
    for name, one in (meters or {}).items():
        if isinstance(one, list):
            table |= {f"{name}_{k}": [value] for k, value in enumerate(one, start=1)}
        else:
            table[name] = [one]
    return ChartAnswer(body, table, pair.python(seed, seeds))


@dataclass(frozen=True)
class ModelPair:
    """Two models of one kind, and the rows that they were trained on."""

    data: DataSet
    kind: str
    pairing: str
    n: int
    swap: int
    ridge: float

    @classmethod
    def of(cls, asked: Asked, data: DataSet) -> ModelPair:
        """Return the pair that a page asks for; a network has the nearest n that exists."""
        kind = asked.word("model", "linear", ["linear", "network"])
        pairing = asked.word("pairing", "disjoint", PAIRINGS)
        swap = asked.whole("swap", 0, 0, 1000)
        ridge = asked.number("ridge", 0.0, 0.0, 1e12)
        n = min(asked.whole("n", 100, 2, 10_000_000), data.most)
        if kind == "network":
            _require_networks(data, pairing)
            n = min(NETWORK_SIZES, key=lambda size: abs(math.log(size / n)))
            swap, ridge = 0, 0.0
        return cls(data, kind, pairing, n, swap, ridge)

    def sampled(self, noise: Array) -> tuple[Array, Array]:
        """Return the samples of both models from the same noise, or from shuffled noise."""
        import numpy as np

        from twinseed.filters import Ridge

        other = np.ascontiguousarray(noise[::-1]) if self.pairing == "shuffled" else noise
        if self.kind == "network":
            from twinseed.denoise.demo import demo_samples

            return demo_samples(self.n, "a", noise), demo_samples(self.n, "b", other)
        filter = Ridge(self.ridge)
        a = replace(self.data.model("a", self.n), filter=filter)
        if self.pairing == "same":
            return a.sample(noise), a.sample(other)
        b = replace(self.data.model("b", self.n, self.swap), filter=filter)
        return a.sample(noise), b.sample(other)

    def meters(self) -> dict[str, Any]:
        """Measure the pair; the seeds of the meters are the same for all pictures."""
        import twinseed as ts
        from twinseed.randomness import stream

        noise = stream((0,), "explore: meters").standard_normal((_MEASURED, self.width))
        a, b = self.sampled(noise)
        train_b = None
        if self.pairing != "same":
            train_b = self.data.training("b", self.n, self.swap)
        train_a = self.data.training("a", self.n)
        twins = ts.Twins(a, b, train_a, train_b, self.data.heldout).centred()
        found = ts.measure(
            twins, rng=0, factors=self.factors, reference=self.data.rows, resamples=0
        )
        copied = float(found.memorisation_share)
        # The honest level is measured: theory of images, which vary along few directions, is a
        # leading order.
        honest = replace(self, kind="linear", ridge=0.0)
        return {
            "copied": copied,
            "copied_reference": copied if self == honest else honest.meters()["copied"],
            "agree": float(found.convergence),
            "agree_chance": float(found.convergence_null),
            "learned": found.recovery.values.tolist(),
            "learned_ceiling": self.data.ceiling(self.factors),
            "agree_along": found.convergence_factor.values.tolist(),
        }

    @property
    def width(self) -> int:
        """Columns of the noise; the networks see a margin around each image."""
        if self.kind == "network":
            from twinseed.denoise.demo import NOISE

            return NOISE
        return self.data.d

    @property
    def factors(self) -> int:
        """Number of directions that are compared."""
        return min(_FACTORS, self.n - 1, self.data.d)

    def python(self, seed: int, seeds: int) -> str:
        """Return the lines of Python that make the samples and the meters."""
        other = "noise[::-1].copy()" if self.pairing == "shuffled" else "noise"
        n = self.n
        lines = [
            "import numpy as np",
            "import twinseed as ts",
            "from twinseed.randomness import stream",
            *self.data.lines,
            "rows = np.concatenate([a, b, heldout])",
        ]
        if self.swap:
            order = f'stream(({self.swap},), "explore: swap").permutation(len(b))'
            lines.append(f"b = b[{order}]")
        if self.kind == "network":
            lines += [
                "from functools import partial",
                "from twinseed.denoise.demo import demo_samples",
                f'sample_a, sample_b = (partial(demo_samples, {n}, side) for side in "ab")',
            ]
        else:
            fitted = f"[:{n}], ts.Ridge({self.ridge!r}), center=True)"
            same = self.pairing == "same"
            lines += [
                "from twinseed.generators import LinearGenerator",
                f"model_a = LinearGenerator.fit(a{fitted}",
                "model_b = model_a" if same else f"model_b = LinearGenerator.fit(b{fitted}",
                "sample_a, sample_b = model_a.sample, model_b.sample",
            ]
        d = self.width
        lines += [
            f'noise = stream(({seed},), "explore: pictures").standard_normal(({seeds}, {d}))',
            f"pictures_a, pictures_b = sample_a(noise), sample_b({other})",
            f'noise = stream((0,), "explore: meters").standard_normal(({_MEASURED}, {d}))',
            f"a_n, b_n = a[:{n}], {'None' if self.pairing == 'same' else f'b[:{n}]'}",
            f"samples = sample_a(noise), sample_b({other})",
            "twins = ts.Twins(*samples, a_n, b_n, heldout).centred()",
            f"found = ts.measure(twins, rng=0, factors={self.factors}, reference=rows, "
            "resamples=0)",
        ]
        return "\n".join(lines)


@lru_cache(maxsize=8)
def _of_networks(pair: ModelPair) -> dict[str, Any]:
    """Return the meters of networks, which take seconds: there are two sizes and two pairings."""
    return pair.meters()


def _require_networks(data: DataSet, pairing: str) -> None:
    if data.name != "fashion":
        raise InputError(
            "model", "has trained networks for the clothes alone", data.name, "pass linear"
        )
    if not data.network:
        raise MissingExtraError("torch and safetensors", "denoise", "A trained network")
    if pairing == "same":
        raise InputError(
            "pairing",
            "must not be the same rows for trained networks: no such pair is in the package",
            pairing,
            "pass disjoint or shuffled, or the linear model",
        )


def _pictures(data: DataSet, rows: Array) -> list[list[int]]:
    """Return rows as pixels from 0, black, to 255, white."""
    import numpy as np

    low, high = data.ends
    shown = data.restored(rows).reshape(len(rows), -1)
    scaled = (shown - low) * (255.0 / (high - low))
    pixels: list[list[int]] = np.rint(scaled.clip(0.0, 255.0)).astype(int).tolist()
    return pixels
