"""Every picture of a strip, at its place."""

from __future__ import annotations

import numpy as np
import pytest

from twinseed.drawing.strip import picture_strip

pytestmark = pytest.mark.extras


@pytest.mark.parametrize(("stacked", "across"), [(False, 3), (True, 3), (False, 2)])
def test_picture_strip(stacked: bool, across: int) -> None:
    pictures = np.random.default_rng(0).uniform(0, 16, (3, 4, across, 5, 6))
    figure = picture_strip(pictures, [20, 150, 4000], stacked=stacked)
    assert [one.get_title() for one in figure.axes] == ["n = 20", "n = 150", "n = 4,000"]
    low, high = pictures[:, :, -1].min(), pictures[:, :, -1].max()
    for block, axes in enumerate(figure.axes):
        (image,) = axes.images
        shown = np.ma.filled(np.ma.asarray(image.get_array(), float), np.nan)
        assert shown.shape == (4 * 6 - 1, across * 7 - 1)
        assert image.get_clim() == (low, high)
        assert image.get_cmap().name == "gray_r"
        assert image.origin == "upper"
        seen = np.zeros(shown.shape, dtype=bool)
        for seed in range(4):
            for column in range(across):
                part = np.s_[6 * seed : 6 * seed + 5, 7 * column : 7 * column + 6]
                np.testing.assert_array_equal(shown[part], pictures[block, seed, column])
                seen[part] = True
        assert np.isnan(shown[~seen]).all()
        names = ["A", "B", "nearest"][:across]
        assert [(one.get_text(), one.xy[0]) for one in axes.texts] == [
            (name, 7 * k + 2.5) for k, name in enumerate(names)
        ]
    places = [one.get_position() for one in figure.axes]
    if not stacked:
        assert places[0].x0 < places[1].x0 < places[2].x0
    else:
        assert places[0].x0 < places[1].x0
        assert places[2].y0 < places[0].y0
