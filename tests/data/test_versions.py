"""Versions of rows: mirror, turned and shifted images, brightness, a user's own function."""

import numpy as np
import pytest

from twinseed import InputError, Twins
from twinseed.data.versions import normaliser_of, versions_of

IMAGES = np.arange(24.0).reshape(2, 12)


def test_nothing_to_list():
    assert versions_of(None, (3, 4)) is None
    assert versions_of("brightness", None) is None
    assert Twins(IMAGES, None, IMAGES + 1).rows.versions is None


@pytest.mark.parametrize(("shape", "axis"), [((3, 4), 2), ((1, 2, 6), 3), ((2, 2, 3), 2)])
def test_flip_mirrors_left_and_right(shape, axis):
    found = versions_of("flip", shape)(IMAGES)
    images = IMAGES.reshape(2, *shape)
    assert found.shape == (2, 2, 12)
    assert np.array_equal(found[:, 0], IMAGES)
    assert np.array_equal(found[:, 1].reshape(2, *shape), np.flip(images, axis))


def test_rot90_turns_four_times_and_keeps_channels():
    rows = np.arange(50.0).reshape(1, 50)
    found = versions_of("rot90", (2, 5, 5))(rows)[0].reshape(4, 2, 5, 5)
    for turn, image in enumerate(found):
        for channel in range(2):
            assert np.array_equal(image[channel], np.rot90(rows.reshape(2, 5, 5)[channel], turn))


def test_shift_repeats_the_border():
    found = versions_of("shift:1", (3, 4))(IMAGES)[0].reshape(9, 3, 4)
    image = IMAGES[0].reshape(3, 4)
    padded = np.pad(image, 1, mode="edge")
    windows = [padded[i : i + 3, j : j + 4] for i in range(3) for j in range(3)]
    assert np.array_equal(found[0], image)
    assert {one.tobytes() for one in found} == {np.ascontiguousarray(w).tobytes() for w in windows}


def test_words_are_applied_one_after_the_other():
    both = versions_of("flip, shift:1", (3, 4))(IMAGES)[0]
    assert both.shape == (18, 12)
    flipped = versions_of("flip", (3, 4))(IMAGES)[0]
    expected = {
        v.tobytes() for one in flipped for v in versions_of("shift:1", (3, 4))(one[None])[0]
    }
    assert {one.tobytes() for one in both} == expected


def test_a_function_is_given_an_image_and_the_row_itself_comes_first():
    seen = []

    def upside_down(image):
        seen.append(image.shape)
        return image[None, ::-1]

    found = versions_of(upside_down, (3, 4))(IMAGES)
    assert seen == [(3, 4)] * 2
    assert np.array_equal(found[:, 0], IMAGES)
    assert np.array_equal(found[1, 1], IMAGES[1].reshape(3, 4)[::-1].ravel())
    assert versions_of(lambda row: [row * 2, row * 3], None)(IMAGES).shape == (2, 3, 12)


@pytest.mark.parametrize(
    ("function", "says"),
    [
        (lambda row: row, r"numbers of shape \(versions, 3, 4\)"),
        (lambda row: row[None, :2], r"numbers of shape \(versions, 3, 4\)"),
        (lambda row: row[None] / 0 * np.nan, "must return finite numbers"),
        (lambda row: 1 / int(row[0, 0]), "raises an error for a row of shape"),
        (lambda row: np.repeat(row[None], int(row[0, 0]) + 1, axis=0), "as many versions of every"),
    ],
)
def test_functions_that_list_no_versions_are_refused(function, says):
    with np.errstate(all="ignore"), pytest.raises(InputError, match=says):
        versions_of(function, (3, 4))(IMAGES)


@pytest.mark.parametrize(
    ("up_to", "shape", "says"),
    [
        ("flop", (3, 4), "has the word 'flop', which is not known"),
        ("", (3, 4), "has the word ''"),
        ("shift:0", (3, 4), "has the word 'shift:0'"),
        ("shift:3", (3, 4), "must shift by less than the side"),
        ("shift:1,shift:2", (3, 4), "must have each word once"),
        ("rot90", (3, 4), "needs square images"),
        ("flip", None, "needs images for flip"),
        (3, (3, 4), "must be a text or a function"),
    ],
)
def test_words_that_do_not_fit_are_refused(up_to, shape, says):
    with pytest.raises(InputError, match=says):
        versions_of(up_to, shape)


@pytest.mark.parametrize("dtype", [np.uint8, np.float32, np.float64])
def test_affine_forgets_brightness_and_contrast(dtype):
    rows = np.random.default_rng(0).integers(0, 50, (5, 12)).astype(dtype)
    changed = rows * 2 + 7
    normal = normaliser_of("affine")
    assert np.allclose(normal(rows), normal(changed), atol=1e-5)
    assert np.allclose(normal(rows).std(axis=1), 1)
    assert not np.allclose(normaliser_of("brightness")(rows), normaliser_of("brightness")(changed))
    assert np.allclose(normaliser_of("brightness")(rows), normaliser_of("brightness")(rows + 3))


@pytest.mark.parametrize("level", [0.1, 1e9, -3.7])
def test_a_row_of_equal_entries_has_no_contrast(level):
    assert not normaliser_of("affine")(np.full((1, 7), level)).any()


def test_twins_are_normalised_alike_and_keep_what_is_known():
    made = np.random.default_rng(0).standard_normal((3, 4, 3, 4))
    twins = Twins(
        made[0],
        None,
        made[1],
        heldout=made[2],
        up_to="flip,brightness",
        groups={"train_a": [0, 0, 1, 1], "heldout": [2, 2, 3, 3]},
    )
    normal = twins.normalised()
    for rows in normal.arrays.values():
        assert np.abs(rows.mean(axis=1)).max() < 1e-12
    assert normal.image_shape == (3, 4)
    assert normal.rows.versions.told == "flip"
    assert normal.units["heldout"].tolist() == [2, 2, 3, 3]
    assert twins.with_samples(made[2]).rows.versions.told == "flip"
    assert Twins(made[0], None, made[1]).normalised().samples_a.base is not None


def test_features_have_no_versions_and_tables_no_brightness():
    made = np.random.default_rng(0).standard_normal((2, 4, 3, 4))
    with pytest.raises(InputError, match="up_to does not go with an encoder"):
        Twins(made[0], None, made[1], up_to="flip").encoded(
            lambda rows: rows.reshape(len(rows), -1)
        )
    table = Twins([[1.0, 2.0]] * 2, None, [[1.0, 3.0]] * 2, columns=["a", "b"], up_to="affine")
    with pytest.raises(InputError, match="brightness of a table"):
        table.normalised()


def test_versions_are_part_of_what_was_measured():
    made = np.random.default_rng(0).standard_normal((2, 4, 3, 4))
    assert (
        Twins(made[0], None, made[1], up_to="flip").fingerprint
        != Twins(made[0], None, made[1]).fingerprint
    )
