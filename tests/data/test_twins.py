"""Twins check what they are given, by name, before any work."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from twinseed import InputError, Twins


def arrays(seed=0, seeds=6, n=5, d=3):
    rng = np.random.default_rng(seed)
    return {
        "samples_a": rng.standard_normal((seeds, d)),
        "samples_b": rng.standard_normal((seeds, d)),
        "train_a": rng.standard_normal((n, d)),
        "train_b": rng.standard_normal((n, d)),
        "heldout": rng.standard_normal((n, d)),
    }


def test_sizes():
    twins = Twins(**arrays(seeds=6, n=5, d=3))
    assert (twins.seeds, twins.n, twins.d) == (6, 5, 3)
    assert (twins.shared_training_rows, twins.constant_columns) == (0, 0)
    assert repr(twins) == "Twins(seeds=6, d=3, n=5, train_b=5 rows, heldout=5 rows)"


def test_one_generator_is_enough():
    given_arrays = arrays()
    twins = Twins(given_arrays["samples_a"], None, given_arrays["train_a"])
    assert list(twins.arrays) == ["samples_a", "train_a"]


def with_bad(name, value):
    return arrays() | {name: value}


def nan_at(row, column):
    rows = np.ones((5, 3))
    rows[row, column] = np.nan
    return rows


@pytest.mark.parametrize(
    ("name", "value", "says"),
    [
        ("samples_a", nan_at(3, 1), r"samples_a\[3, 1\] must be finite"),
        ("heldout", np.full((4, 3), np.inf), r"heldout\[0, 0\] must be finite"),
        ("train_a", np.ones((1, 3)), "train_a must have at least 2 rows"),
        ("train_b", np.ones((5, 4)), "train_b must have as many columns as train_a, 3"),
        ("samples_b", np.ones((7, 3)), "samples_b must have one row for each seed"),
        ("samples_a", np.ones((6, 3), dtype=complex), "samples_a must hold real numbers"),
        ("samples_a", np.ones((6, 3), dtype=object), "samples_a must hold real numbers"),
        ("samples_a", np.array([["a", "b"], ["c", "d"]]), "samples_a must hold real numbers"),
        ("samples_a", [[1.0, 2.0], [3.0]], "samples_a must be readable as an array"),
        ("train_a", None, "train_a is needed"),
        ("train_a", np.ones(5), "at least two axes"),
        ("origin", np.ones(4), "origin must have 3 entries"),
    ],
)
def test_a_bad_array_is_named(name, value, says):
    with pytest.raises(InputError, match=says):
        Twins(**with_bad(name, value))


@pytest.mark.parametrize("change", ["same", "equal", "shuffled", "float64 of float32"])
def test_both_twins_trained_on_the_same_rows(change):
    whole = arrays()
    train = whole["train_a"].astype(np.float32)
    other = {
        "same": train,
        "equal": train.copy(),
        "shuffled": train[::-1],
        "float64 of float32": train.astype(np.float64),
    }[change]
    with pytest.raises(InputError, match="train_b must not hold the same rows as train_a"):
        Twins(**whole | {"train_a": train, "train_b": other})


def test_training_rows_shared_in_part_are_counted():
    whole = arrays(n=8)
    whole["train_b"][[1, 4]] = whole["train_a"][[7, 2]]
    assert Twins(**whole).shared_training_rows == 2


@pytest.mark.parametrize("train", ["train_a", "train_b"])
def test_heldout_rows_that_were_trained_on(train):
    whole = arrays(n=8)
    whole["heldout"][[2, 5, 6]] = whole[train][[6, 1, 0]]
    Twins(**whole)
    count = len(whole["heldout"]) // 2
    whole["heldout"][-count:] = whole[train][:count]
    with pytest.raises(
        InputError, match=rf"equal to a row of {train}, .* heldout\[2\] is {train}\[6\]"
    ):
        Twins(**whole)


def test_a_negative_zero_equals_zero():
    whole = arrays(n=8)
    whole["heldout"][3], whole["train_a"][4] = -0.0, 0.0
    digests = Twins(**whole).row_digests
    assert digests["heldout"][3] == digests["train_a"][4]


def test_constant_columns_are_counted_over_both_training_sets():
    whole = arrays()
    whole["train_a"][:, 0] = whole["train_b"][:, 0] = 2.0
    whole["train_a"][:, 1], whole["train_b"][:, 1] = 0.0, 1.0
    assert Twins(**whole).constant_columns == 1


def test_images_are_flattened_and_nothing_is_copied():
    images = np.random.default_rng(0).standard_normal((2, 10, 2, 3, 3))
    twins = Twins(images[0], None, images[1])
    assert twins.d == 18
    assert np.shares_memory(twins.train_a, images)


def test_memory_maps_stay_memory_maps(tmp_path):
    np.save(tmp_path / "train.npy", np.random.default_rng(0).standard_normal((10, 4)))
    train = np.load(tmp_path / "train.npy", mmap_mode="r")
    assert isinstance(Twins(np.ones((3, 4)), None, train).train_a, np.memmap)


def test_the_fingerprint_is_that_of_the_content():
    plain = Twins(**arrays()).fingerprint
    assert Twins(**arrays()).fingerprint == plain
    whole = arrays()
    whole["samples_b"][5, 2] += 1e-15
    assert Twins(**whole).fingerprint != plain
    swapped = arrays()
    swapped["samples_a"], swapped["samples_b"] = swapped["samples_b"], swapped["samples_a"]
    assert Twins(**swapped).fingerprint != plain
    assert Twins(**arrays()).centred().fingerprint != plain


def test_centred_takes_the_mean_of_all_real_rows():
    whole = arrays()
    real = np.vstack([whole["train_a"], whole["train_b"], whole["heldout"]])
    np.testing.assert_allclose(Twins(**whole).centred().origin, real.mean(axis=0), atol=1e-15)


@given(dtype=st.sampled_from(["uint8", "int32", "float16", "float32", "float64", "bool"]))
def test_any_real_type_is_taken(dtype):
    rng = np.random.default_rng(0)
    rows = (rng.uniform(0, 2, (6, 20, 5, 5)) // 1).astype(dtype)
    assert Twins(*rows[:3]).d == 25


@pytest.mark.extras
def test_tensors_are_taken_with_their_memory():
    torch = pytest.importorskip("torch")
    rows = torch.arange(30.0).reshape(2, 5, 3)
    twins = Twins(rows[0].requires_grad_(), None, rows[1].bfloat16())
    assert np.shares_memory(twins.samples_a, rows.numpy())
    assert twins.train_a.dtype == np.float32
    np.testing.assert_array_equal(twins.train_a, rows[1].numpy())


def images(*axes, rows=5, seed=0):
    return np.random.default_rng(seed).standard_normal((rows, *axes))


def test_the_shape_of_images_is_kept_beside_the_rows():
    a, b = images(3, 4, 4), images(3, 4, 4, seed=1)
    twins = Twins(a, None, b)
    assert (twins.d, twins.image_shape, twins.centred().image_shape) == (48, (3, 4, 4), (3, 4, 4))
    assert Twins(images(16), None, images(1, 4, 4, seed=1)).image_shape == (1, 4, 4)
    assert Twins(images(4, 4), None, images(1, 4, 4, seed=1)).image_shape == (4, 4)
    assert Twins(images(16), None, images(16, seed=1)).image_shape is None
    assert Twins(images(16), None, images(16, seed=1), image_shape=(4, 4)).image_shape == (4, 4)


@pytest.mark.parametrize("axes", [(4, 4, 3), (3, 2, 8)])
def test_images_in_two_layouts_are_not_compared(axes):
    with pytest.raises(InputError, match=r"train_a must hold images of shape \(3, 4, 4\)"):
        Twins(images(3, 4, 4), None, images(*axes, seed=1))


def test_an_image_shape_of_another_size():
    with pytest.raises(InputError, match="image_shape must have 16 entries"):
        Twins(images(16), None, images(16, seed=1), image_shape=(4, 5))
