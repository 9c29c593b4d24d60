"""Units in which samples can be written otherwise than real rows."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from twinseed.arrays import Array

__all__ = ["AS_GIVEN", "Relation", "column_units", "units"]

_PER_CENT = (0.0, 100.0)
RANGES = ((0.0, 1.0), (-1.0, 1.0), (0.0, 255.0), (-0.5, 0.5), _PER_CENT, (0.0, 65535.0))
"""Ranges in which people keep pictures and shares."""

_FULL = 0.002  # of all entries lie at the ends of a range that is full
_IMAGENET = (np.array([0.485, 0.456, 0.406]), np.array([0.229, 0.224, 0.225]))
_FACTORS = {
    **{10.0**k: f"{10**k:,}" for k in range(1, 10)},
    12.0: "12",
    24.0: "24",
    60.0: "60",
    365.25: "365.25",
    1024.0: "1,024",
    3600.0: "3,600",
    86400.0: "86,400",
    180 / np.pi: "57.3 (degrees for radians)",
    2.54: "2.54 (centimetres for inches)",
    2.20462: "2.205 (pounds for kilograms)",
    1.609344: "1.609 (kilometres for miles)",
}


@dataclass(frozen=True)
class Relation:
    """``samples = g(real)``: what ``g`` is in words, and its inverse.

    ``undo`` takes values of samples (any number, d) to the units of real rows.
    """

    equation: str
    mend: str
    undo: Callable[[Array], Array]
    falling: bool = False
    strict: bool = False
    """Whether it bends or turns values, so that it has to fit closely to be believed."""
    by_column: bool = False
    """Whether it differs from column to column, so that it goes with no other order of them."""

    def undone(self, quantiles: Array) -> Array:
        """Return quantiles (levels, d) of samples in the units of real rows."""
        with np.errstate(all="ignore"):
            found = self.undo(quantiles)
        found = np.nan_to_num(found, nan=1e30, posinf=1e30, neginf=-1e30)
        return found[::-1] if self.falling else found


AS_GIVEN = Relation("", "", lambda x: x)
"""The relation of samples that are written as real rows are."""


def _power(base: float) -> Callable[[Array], Array]:
    return lambda x: base**x


def _squared(x: Array) -> Array:
    return np.abs(x) * x


def _affine(slope: float | Array, offset: float | Array) -> Callable[[Array], Array]:
    return lambda x: x * slope + offset


def units(real: Array, shape: tuple[int, ...] | None) -> Iterator[Relation]:
    """Yield the units in which rows like ``real`` are often written, all columns alike.

    Every number in them is one that people use, or one of the real rows: nothing is fitted to the
    samples, so that no poor generator is corrected by chance.
    """
    low, high = float(real.min()), float(real.max())
    if high > low:
        edges = float(np.mean((real == low) | (real == high)))
        yield from _ranges(low, high, edges > _FULL)
        place, spread = float(real.mean()), float(real.std())
        yield Relation(
            f"samples = (real - {place:.3g}) / {spread:.3g}, standardised as a whole",
            f"samples * {spread:.5g} + {place:.5g}",
            _affine(spread, place),
        )
        yield from _imagenet(real, shape, high)
    mean, std = real.mean(axis=0), real.std(axis=0)
    least, most = real.min(axis=0), real.max(axis=0)
    yield Relation(
        "samples = (real - mean) / standard deviation, column by column",
        "samples * std + mean, with the mean and the standard deviation of each real column",
        _affine(std, mean),
        by_column=True,
    )
    yield Relation(
        "samples = real - mean, column by column",
        "samples + mean, with the mean of each real column",
        _affine(1.0, mean),
        by_column=True,
    )
    for a, b in ((0.0, 1.0), (-1.0, 1.0)):
        slope = (most - least) / (b - a)
        yield Relation(
            f"each column of the samples lies in [{a:g}, {b:g}], between its least and its "
            "largest real value",
            f"least + (samples - {a:g}) * (largest - least) / {b - a:g}, with the least and the "
            "largest value of each real column",
            _affine(slope, least - a * slope),
            by_column=True,
        )
    for equation, mend, undo, holds in (
        ("log(1 + real)", "exp(samples) - 1", np.expm1, low > -1),
        ("log(real)", "exp(samples)", np.exp, low > 0),
        ("log10(real)", "10 ** samples", _power(10.0), low > 0),
        ("log2(1 + real)", "2 ** samples - 1", lambda x: 2.0**x - 1, low > -1),
        ("sqrt(real)", "samples ** 2", _squared, low >= 0),
        ("exp(real)", "log(samples)", np.log, True),
        ("exp(real) - 1", "log(1 + samples)", np.log1p, True),
    ):
        if holds:
            yield Relation(f"samples = {equation}", mend, undo, strict=equation.startswith("exp"))
    yield Relation("samples = -real", "-samples", lambda x: -x, falling=True, strict=True)


def _ranges(low: float, high: float, full: bool) -> Iterator[Relation]:
    """Yield ``samples = a + (real - lo) (b - a) / (hi - lo)`` for the usual ranges, and inverted.

    Where a range is not ``full``, up to values that occur often, its ends are chance, and say
    nothing of what lies opposite to what.
    """
    fit = [(lo, hi) for lo, hi in RANGES if lo <= low and high <= hi and (low < 0) == (lo < 0)]
    # The usual range that holds the real rows most closely, and the range that they fill.
    nominal = sorted(fit, key=lambda ends: ends[1] - ends[0])[:1]
    for lo, hi in dict.fromkeys([*nominal, (low, high)]):
        for a, b in dict.fromkeys([*RANGES, (lo, hi)]):
            scale = (hi - lo) / (b - a)
            if _PER_CENT in ((a, b), (lo, hi)) and (0.0, 1.0) not in ((a, b), (lo, hi)):
                continue  # per cent are another unit of shares alone
            if (a, b) != (lo, hi):
                yield Relation(
                    f"samples lie in [{a:g}, {b:g}], real rows in [{lo:g}, {hi:g}]: samples = "
                    + _linear("real", 1 / scale, a - lo / scale),
                    _linear("samples", scale, lo - a * scale),
                    _affine(scale, lo - a * scale),
                )
            if not (full or (lo, hi) in nominal):
                continue
            yield Relation(
                f"samples are inverted: samples = {_linear('real', -1 / scale, b + lo / scale)}",
                _linear("samples", -scale, lo + b * scale),
                _affine(-scale, lo + b * scale),
                falling=True,
            )


def _imagenet(real: Array, shape: tuple[int, ...] | None, high: float) -> Iterator[Relation]:
    """Yield the normalisation by channel with ImageNet's means and standard deviations."""
    for channel in _channels(real.shape[1], shape):
        top = 255.0 if high > 1.5 else 1.0
        mean, std = (part[channel] for part in _IMAGENET)
        yield Relation(
            "samples have ImageNet's normalisation: samples = (real"
            + (" / 255" if top > 1 else "")
            + " - [0.485, 0.456, 0.406]) / [0.229, 0.224, 0.225], channel by channel",
            f"(samples * std + mean) * {top:g}, with these numbers channel by channel",
            _affine(std * top, mean * top),
        )


def _channels(d: int, shape: tuple[int, ...] | None) -> list[NDArray[np.int64]]:
    """Return the channel of each column, for pictures of three channels."""
    found = []
    if shape is None:
        if d % 3 == 0 and d >= 12:
            found = [np.arange(d) // (d // 3), np.arange(d) % 3]
    elif len(shape) == 3:
        if shape[0] == 3:
            found.append(np.arange(d) // (d // 3))
        if shape[-1] == 3:
            found.append(np.arange(d) % 3)
    return found


def _linear(name: str, slope: float, offset: float) -> str:
    """Write ``slope name + offset`` as people write it."""
    size = abs(slope)
    head = f"-{name}" if slope < 0 else name
    if size < 1 and not np.isclose(size, 1):
        head += f" / {1 / size:.6g}"
    elif not np.isclose(size, 1):
        head += f" * {size:.6g}"
    if abs(offset) < 1e-12:
        return head
    return f"{head} {'-' if offset < 0 else '+'} {abs(offset):.6g}"


def column_units() -> Iterator[Relation]:
    """Yield other units of one column: factors that people use, and other scales."""
    for factor, word in _FACTORS.items():
        yield Relation(f"real * {word}", f"samples / {factor:.6g}", _affine(1 / factor, 0.0))
        yield Relation(f"real / {word}", f"samples * {factor:.6g}", _affine(factor, 0.0))
    yield Relation(
        "real * 1.8 + 32 (Fahrenheit for Celsius)",
        "(samples - 32) / 1.8",
        _affine(1 / 1.8, -32 / 1.8),
    )
    yield Relation(
        "(real - 32) / 1.8 (Celsius for Fahrenheit)", "samples * 1.8 + 32", _affine(1.8, 32.0)
    )
    yield Relation("real + 273.15", "samples - 273.15", _affine(1.0, -273.15))
    yield Relation("real - 273.15", "samples + 273.15", _affine(1.0, 273.15))
    yield Relation("log(real)", "exp(samples)", np.exp)
    yield Relation("log(1 + real)", "exp(samples) - 1", np.expm1)
    yield Relation("log10(real)", "10 ** samples", _power(10.0))
    yield Relation("exp(real)", "log(samples)", np.log)
    yield Relation("exp(real) - 1", "log(1 + samples)", np.log1p)
    yield Relation("10 ** real", "log10(samples)", np.log10)
    yield Relation("sqrt(real)", "samples ** 2", _squared)
