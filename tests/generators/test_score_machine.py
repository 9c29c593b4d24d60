"""Local score machines: against their equation written plainly, and in every limit."""

from __future__ import annotations

from functools import cache
from itertools import product

import numpy as np
import pytest

import twinseed as ts
from twinseed.filters import Euler
from twinseed.generators import DenoiserFlow, Memoriser
from twinseed.generators.score_machine import LocalScoreMachine, Windows

SHAPE = (2, 5, 4)
BORDERS = ("own", "clipped", "all")
ROWS = np.random.default_rng(0).standard_normal((6, *SHAPE)).round(1)  # some pixels are equal
NOISY = np.random.default_rng(1).standard_normal((3, *SHAPE)) * 1.5


def window(image: np.ndarray, line: int, column: int, reach: int, border: str) -> np.ndarray:
    """Return the entries of one window, written without the parts that are tested."""
    found = []
    for down, along in product(range(-reach, reach + 1), repeat=2):
        i, j = line + down, column + along
        if 0 <= i < image.shape[1] and 0 <= j < image.shape[2]:
            found.append(image[:, i, j])
        elif border == "all":
            found.append(np.zeros(len(image)))
    return np.array(found)


@cache  # the same for every image and every level of noise
def window_of_row(row: int, line: int, column: int, reach: int, border: str) -> np.ndarray:
    return window(ROWS[row], line, column, reach, border)


def plainly(y: np.ndarray, sigma: float, reach: int, border: str) -> np.ndarray:
    """Return the posterior mean of one image, pixel by pixel, by loops over the definition."""
    height, width = y.shape[1:]

    def clipping(i: int, j: int) -> tuple[int, ...]:
        return tuple(min(one, reach) for one in (i, height - 1 - i, j, width - 1 - j))

    found = np.empty_like(y)
    for place in product(range(height), range(width)):
        mine = window(y, *place, reach, border)
        weights, values = [], []
        for row, other in product(range(len(ROWS)), product(range(height), range(width))):
            if border == "own" and other != place:
                continue
            if border == "clipped" and clipping(*other) != clipping(*place):
                continue
            apart = np.sum((mine - window_of_row(row, *other, reach, border)) ** 2)
            weights.append(-apart / (2 * sigma**2))
            values.append(ROWS[row][:, *other])
        chance = np.exp(np.array(weights) - max(weights))
        found[:, *place] = chance @ np.array(values) / chance.sum()
    return found


@pytest.mark.parametrize("border", BORDERS)
@pytest.mark.parametrize("reach", [0, 1, 2, 3, 4])
def test_the_machine_is_its_equation(border: str, reach: int) -> None:
    machine = LocalScoreMachine(ROWS, reach, border=border)
    for sigma in (0.1, 0.8, 4.0):
        wanted = np.array([plainly(y, sigma, reach, border) for y in NOISY])
        assert np.allclose(machine(NOISY, sigma), wanted, rtol=0, atol=1e-11)


@pytest.mark.parametrize("border", BORDERS)
@pytest.mark.parametrize("reach", [0, 1, 3, 4])
@pytest.mark.parametrize("block", [1, 37])
def test_blocks_change_nothing_but_rounding(border: str, reach: int, block: int) -> None:
    for sigma in (0.05, 1.0):
        whole = LocalScoreMachine(ROWS, reach, border=border)(NOISY, sigma)
        parts = LocalScoreMachine(ROWS, reach, border=border, block=block)(NOISY, sigma)
        assert np.allclose(parts, whole, rtol=0, atol=1e-12)


@pytest.mark.parametrize("border", BORDERS)
@pytest.mark.parametrize("reach", [0, 1, 4])
@pytest.mark.parametrize("sigma", [0.01, 0.3, 30.0])
def test_single_precision_keeps_four_digits(border: str, reach: int, sigma: float) -> None:
    noisy = sigma * NOISY + ROWS[:3]
    fine = LocalScoreMachine(ROWS, reach, border=border)(noisy, sigma)
    coarse = LocalScoreMachine(ROWS, reach, border=border, dtype=np.float32)(noisy, sigma)
    assert not np.array_equal(coarse, fine)
    assert np.allclose(coarse, fine, rtol=0, atol=1e-3)


@pytest.mark.parametrize("border", BORDERS)
def test_single_precision_keeps_its_digits_where_values_are_large_and_sigma_is_small(
    border: str,
) -> None:
    """Products of values near 10 are rounded to 1e-5, and sigma^2 is 1e-4."""
    rows, noisy = 10.0 + 0.01 * ROWS, 10.0 + 0.01 * NOISY
    fine = LocalScoreMachine(rows, 1, border=border)(noisy, 0.01)
    coarse = LocalScoreMachine(rows, 1, border=border, dtype=np.float32)(noisy, 0.01)
    assert np.abs(coarse - fine).max() < 1e-3 * 0.01 * 4


@pytest.mark.parametrize("border", ["own", "clipped"])
def test_a_window_as_large_as_the_image_memorises(border: str) -> None:
    """The flow of the machine, in the steps of the memoriser, ends at the memoriser's row."""
    rows = ROWS.reshape(len(ROWS), -1)
    rows = rows - rows.mean(axis=0)
    widest = 10 * rows.std() * np.sqrt(rows.shape[1])
    last = 1e-3 * widest / np.sqrt(rows.shape[1])
    machine = LocalScoreMachine(rows, max(SHAPE) - 1, shape=SHAPE, border=border)
    noise = np.random.default_rng(2).standard_normal((40, rows.shape[1]))
    found = DenoiserFlow(machine, SHAPE, last, widest, Euler(39)).sample(noise)
    copies = Memoriser(rows).sample(noise)
    assert np.abs(found - copies).max() < 5 * last
    assert len(np.unique(copies, axis=0)) > 3


@pytest.mark.parametrize("sigma", [0.1, 1.0, 50.0])
def test_one_row_gives_that_row(sigma: float) -> None:
    for reach in (0, 2, 9):
        found = LocalScoreMachine(ROWS[:1], reach)(NOISY, sigma)
        assert np.allclose(found, ROWS[0], rtol=0, atol=1e-14)


def test_a_window_of_one_pixel_is_the_posterior_mean_of_two_values() -> None:
    """Of the values a and -a, equally likely, the mean is ``a tanh(a y/sigma^2)``."""
    a = np.linspace(0.5, 2.0, 6).reshape(1, 1, 2, 3)
    y = np.random.default_rng(3).standard_normal((9, 1, 2, 3))
    found = LocalScoreMachine(np.concatenate([a, -a]), 0)(y, 0.7)
    assert np.allclose(found, a * np.tanh(a * y / 0.49), rtol=0, atol=1e-14)


@pytest.mark.parametrize("border", ["clipped", "all"])
def test_a_shift_of_the_image_shifts_the_answer_in_the_interior(border: str) -> None:
    rng = np.random.default_rng(4)
    rows, y = rng.standard_normal((4, 1, 8, 9)), rng.standard_normal((2, 1, 8, 9))
    machine = LocalScoreMachine(rows, 2, border=border)
    one, other = machine(y, 0.9), machine(np.roll(y, (1, 2), axis=(2, 3)), 0.9)
    assert np.allclose(other[:, :, 3:6, 4:7], one[:, :, 2:5, 2:5], rtol=0, atol=1e-12)
    own = LocalScoreMachine(rows, 2)
    one, other = own(y, 0.9), own(np.roll(y, (1, 2), axis=(2, 3)), 0.9)
    assert not np.allclose(other[:, :, 3:6, 4:7], one[:, :, 2:5, 2:5], rtol=0, atol=0.1)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("sigma", [1e-3, 1e-30, 1e-200])
def test_without_noise_the_nearest_window_decides(dtype: type, sigma: float) -> None:
    rows = ROWS.reshape(len(ROWS), -1)
    apart = np.linalg.norm(NOISY.reshape(len(NOISY), 1, -1) - rows, axis=2)
    nearest = rows[np.argmin(apart, axis=1)].reshape(NOISY.shape)
    for border in ("own", "clipped"):
        machine = LocalScoreMachine(ROWS, 4, border=border, dtype=dtype)
        assert np.allclose(machine(NOISY, sigma), nearest, rtol=0, atol=1e-6)
    pixels = LocalScoreMachine(ROWS[:, :1], 0, border="all", dtype=dtype)(NOISY[:, :1], sigma)
    values = np.unique(ROWS[:, :1])
    order = np.argmin(np.abs(NOISY[:, :1, ..., None] - values), axis=-1)
    assert np.allclose(pixels, values[order], rtol=0, atol=1e-6)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_in_much_noise_all_candidates_count_alike(dtype: type) -> None:
    own = LocalScoreMachine(ROWS, 2, dtype=dtype)(NOISY, 1e9)
    assert np.allclose(own, ROWS.mean(axis=0), rtol=0, atol=1e-6)
    every = LocalScoreMachine(ROWS, 0, border="all", dtype=dtype)(NOISY, 1e9)
    assert np.allclose(every, ROWS.mean(axis=(0, 2, 3))[:, None, None], rtol=0, atol=1e-6)


def test_the_schedule_chooses_the_window_of_each_level() -> None:
    machine = LocalScoreMachine(ROWS, Windows([4.0, 0.4], [4, 0]))
    for sigma, reach in ((9.0, 4), (1.3, 4), (1.2, 0), (0.01, 0)):
        assert np.array_equal(machine(NOISY, sigma), LocalScoreMachine(ROWS, reach)(NOISY, sigma))


def test_images_come_in_any_shape_of_the_same_entries() -> None:
    grey = ROWS[:, 0]
    flat = LocalScoreMachine(grey.reshape(6, 20), 1, shape=(5, 4))
    wanted = LocalScoreMachine(grey[:, None], 1)(NOISY[:, :1], 0.5)
    assert np.array_equal(LocalScoreMachine(grey, 1)(NOISY[:, 0], 0.5), wanted[:, 0])
    assert np.array_equal(flat(NOISY[:, 0].reshape(3, 20), 0.5), wanted.reshape(3, 20))


@pytest.mark.parametrize(
    ("change", "text"),
    [
        ({"rows": ROWS.reshape(6, 40)}, "shape is needed with rows that are no images"),
        ({"rows": ROWS.reshape(6, 40), "shape": (5, 4)}, "shape must be the shape of an image"),
        ({"rows": np.full((2, 3, 3), np.nan)}, "rows"),
        ({"windows": -1}, "windows must be a whole number, at least 0"),
        ({"windows": 1.5}, "windows must be a whole number"),
        ({"border": "clip"}, "border must be known"),
        ({"dtype": "int32"}, "dtype must be float64 or float32"),
        ({"dtype": "no type"}, "dtype must be float64 or float32"),
        ({"block": 0}, "block must be a whole number, at least 1"),
    ],
)
def test_a_bad_argument_is_named(change: dict[str, object], text: str) -> None:
    with pytest.raises(ts.InputError, match=text):
        LocalScoreMachine(**{"rows": ROWS, "windows": 1, **change})


def test_noisy_images_of_another_shape_and_no_noise_are_refused() -> None:
    machine = LocalScoreMachine(ROWS, 1)
    with pytest.raises(ts.InputError, match="rows must have the shape of the training images"):
        machine(NOISY[:, :1], 1.0)
    with pytest.raises(ts.InputError, match="sigma must be a finite number above zero"):
        machine(NOISY, 0.0)
