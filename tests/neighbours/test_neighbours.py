"""Nearest rows against a naive float64 loop, above all where float32 products know nothing."""

import tracemalloc

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from twinseed import InputError
from twinseed.neighbours import _blocks as blocks
from twinseed.neighbours import _search as search
from twinseed.neighbours import nearest


def naive(queries, rows, labels, origin=0.0):
    q, r = queries.astype(np.float64), rows.astype(np.float64)
    cosine = np.empty((len(q), labels.max() + 1))
    distance = np.empty_like(cosine)
    for i, query in enumerate(q):
        apart = np.linalg.norm(query - r, axis=1)
        a, b = query - origin, r - origin
        size = np.linalg.norm(a) * np.linalg.norm(b, axis=1)
        cos = np.divide(np.abs(b @ a), size, out=np.zeros(len(r)), where=size > 0)
        for g in range(labels.max() + 1):
            cosine[i, g] = cos[labels == g].max()
            distance[i, g] = apart[labels == g].min()
    return cosine, distance


def agree(found, queries, rows, labels, origin=0.0):
    cosine, distance = naive(queries, rows, labels, origin)
    np.testing.assert_allclose(found.cosine, cosine, rtol=1e-9, atol=1e-13)
    np.testing.assert_allclose(found.distance, distance, rtol=1e-9, atol=1e-12 * distance.max())
    group = np.arange(found.cosine.shape[1])
    for row in (found.cosine_row, found.distance_row):
        assert (labels[row] == group).all()


@pytest.mark.parametrize("dtype", [np.float64, np.float32, np.float16, np.uint8, np.int64])
@pytest.mark.parametrize("groups", [1, 7])
@pytest.mark.parametrize("about", ["zero", "mean"])
def test_agrees_with_a_naive_loop(dtype, groups, about):
    rng = np.random.default_rng(1)
    rows = (rng.standard_normal((500, 20)) * 20 + 60).astype(dtype)
    queries = (rng.standard_normal((40, 20)) * 20 + 60).astype(dtype)
    queries[0] = rows[17]
    rows[45] = rows[44]
    queries[1] = rows[44]
    rows[50] = 0
    queries[2] = 0
    rows[60] = 3
    origin = rows.mean(axis=0, dtype=np.float64) if about == "mean" else np.zeros(20)
    found = nearest(queries, rows, groups=groups, origin=origin, memory=1 << 18)
    agree(found, queries, rows, np.arange(500) % groups, origin)
    assert found.distance[:2].min(axis=1).tolist() == [0.0, 0.0]


def test_a_near_copy_is_found_among_near_copies_in_float32():
    rng = np.random.default_rng(2)
    rows = rng.uniform(-1, 1, (3000, 784)).astype(np.float32)
    queries = rng.uniform(-1, 1, (6, 784)).astype(np.float32)
    for k, query in enumerate(queries):
        for j, size in enumerate([3e-4, 1e-4, 3e-5, 1e-6, 0.0]):
            rows[100 * k + 7 * j] = query * np.float32(1 + size)
    found = nearest(queries, rows)
    assert found.distance_row.ravel().tolist() == [28, 128, 228, 328, 428, 528]
    assert found.distance.max() == 0.0
    without = np.delete(rows, [28, 128, 228, 328, 428, 528], axis=0)
    close = nearest(queries, without).distance.ravel()
    expected = np.linalg.norm(queries.astype(float) * 1e-6, axis=1)
    np.testing.assert_allclose(close, expected, rtol=0.1)


def test_a_large_mean_costs_no_digits_in_float32():
    rng = np.random.default_rng(3)
    rows = (rng.standard_normal((800, 30)) + 1000).astype(np.float32)
    queries = (rng.standard_normal((50, 30)) + 1000).astype(np.float32)
    agree(nearest(queries, rows), queries, rows, np.zeros(800, dtype=int))


def test_without_the_bound_float32_products_miss_near_copies(monkeypatch):
    rng = np.random.default_rng(4)
    rows = np.repeat(rng.standard_normal((40, 600)), 5, axis=0)
    rows = (rows * (1 + 1e-7 * rng.standard_normal((200, 1)))).astype(np.float32)
    queries = (rows[::5] * np.float32(1 + 1e-6)).astype(np.float32)
    exact = naive(queries, rows, np.zeros(200, dtype=int))[1]
    assert np.abs(nearest(queries, rows).distance - exact).max() < 1e-9
    without = lambda frame: object.__setattr__(frame, "roundoff", 0.0)  # noqa: E731
    monkeypatch.setattr(blocks.Frame, "__post_init__", without)
    assert np.abs(nearest(queries, rows).distance - exact).max() > 1e-7


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("mean", [0.0, 2.0, 300.0])
def test_cosines_about_an_origin_near_the_mean(dtype, mean):
    """The origin is then the centre; a row at the origin, but for rounding, has a cosine too."""
    rng = np.random.default_rng(10)
    rows = (rng.standard_normal((900, 12)) + mean).astype(dtype)
    origin = rows.mean(axis=0, dtype=np.float64) + 0.01 * rng.standard_normal(12)
    queries = (rng.standard_normal((60, 12)) + mean).astype(dtype)
    rows[5] = queries[0] = origin
    queries[1] = 2 * origin - rows[7]
    rows[400] = rows[7]
    labels = np.arange(900) % 4
    agree(nearest(queries, rows, groups=4, origin=origin), queries, rows, labels, origin)
    at_origin = blocks.Frame.around(queries, rows, origin).at_origin
    assert at_origin == (dtype is np.float64 or mean < 100.0)


def test_an_origin_far_from_the_mean_is_not_the_centre():
    rows = np.random.default_rng(11).standard_normal((50, 3)) + 5.0
    assert not blocks.Frame.around(rows, rows, None).at_origin
    assert blocks.Frame.around(rows, rows, np.full(3, 5.0)).at_origin


def test_the_rounding_of_the_origin_is_within_the_bound(monkeypatch):
    """Rows that differ by less than the rounding of their origin, and products without rounding."""
    rng = np.random.default_rng(12)
    origin = np.full(40, 1.0 + 2e-8)
    near = rng.standard_normal((300, 40)) * 1e-8
    rows = np.concatenate([near + origin.astype(np.float32), near * 1e8 + 1.0]).astype(np.float32)
    queries = (rng.standard_normal((30, 40)) + 1.0).astype(np.float32)
    assert blocks.Frame.around(queries, rows, origin).at_origin
    labels = np.repeat([0, 1], 300)
    agree(nearest(queries, rows, groups=labels, origin=origin), queries, rows, labels, origin)
    monkeypatch.setattr(blocks.Frame, "reach", 0.0)
    wrong = nearest(queries, rows, groups=labels, origin=origin).cosine
    assert np.abs(wrong - naive(queries, rows, labels, origin)[0]).max() > 1e-6


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_distances_alone_are_those_of_both_measures(dtype, monkeypatch):
    rng = np.random.default_rng(13)
    rows, queries = (rng.standard_normal((size, 9)).astype(dtype) for size in (3000, 70))
    rows[[9, 800]] = queries[3]
    both = nearest(queries, rows, groups=7)
    monkeypatch.setattr(search, "Cosine", None)
    found = nearest(queries, rows, groups=7, cosines=False)
    assert np.array_equal(found.distance, both.distance)
    assert np.array_equal(found.distance_row, both.distance_row)
    assert np.isnan(found.cosine).all()
    assert not found.cosine_row.any()


def test_products_stay_in_the_cache(monkeypatch):
    """However many rows a block has; a segment is never divided."""
    shapes = []
    product, bound = np.matmul, search._bound_all

    def seen(one, other, **more):
        shapes.append((len(one), other.shape[1]))
        return product(one, other, **more)

    def watched(*given):
        with monkeypatch.context() as patched:
            patched.setattr(search.np, "matmul", seen)
            return bound(*given)

    monkeypatch.setattr(search, "_bound_all", watched)
    rows, queries = np.random.default_rng(14).standard_normal((2, 9000, 5))
    agree(nearest(queries[:600], rows, groups=30), queries[:600], rows, np.arange(9000) % 30)
    assert max(one * other for one, other in shapes) <= 1 << 17
    assert sum(one * other for one, other in shapes) == 600 * 9000


def test_extreme_scales_neither_overflow_nor_vanish():
    rng = np.random.default_rng(5)
    rows, queries = rng.standard_normal((90, 8)), rng.standard_normal((9, 8))
    plain = nearest(queries, rows)
    for scale, dtype in ((1e-30, np.float32), (1e30, np.float32), (1e-200, float), (1e200, float)):
        found = nearest((queries * scale).astype(dtype), (rows * scale).astype(dtype))
        np.testing.assert_allclose(found.cosine, plain.cosine, rtol=1e-5)
        np.testing.assert_allclose(found.distance, plain.distance * scale, rtol=1e-5)


@pytest.mark.parametrize(("size", "d"), [(20000, 200), (12000, 330)], ids=["read", "known"])
def test_memory_stays_within_its_bound_and_below_the_rows(tmp_path, size, d):
    """Of 20,000 rows nothing is kept within 8 MiB; of 12,000 rows the numbers about each."""
    rng = np.random.default_rng(6)
    np.save(tmp_path / "rows.npy", rng.standard_normal((size, d), dtype=np.float32))
    rows = np.load(tmp_path / "rows.npy", mmap_mode="r")
    queries = rng.standard_normal((150, d), dtype=np.float32)
    bound = 8 << 20
    assert rows.nbytes > 1.8 * bound
    tracemalloc.start()
    found = nearest(queries, rows, groups=10, memory=bound)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 1.1 * bound
    agree(nearest(queries[:3], rows, groups=10), queries[:3], rows, np.arange(size) % 10)
    assert (found.distance[:3] == nearest(queries[:3], rows, groups=10).distance).all()


@pytest.mark.parametrize(("memory", "times"), [(1 << 20, 1), (1 << 18, 2)])
def test_lengths_of_rows_are_computed_once_where_they_fit(monkeypatch, memory, times):
    made = []
    of = blocks.Block.of

    def counted(raw, *more):
        made.append(len(raw))
        return of(raw, *more)

    monkeypatch.setattr(blocks.Block, "of", counted)
    queries, rows = np.random.default_rng(7).standard_normal((2, 1500, 40))
    found = nearest(queries[:20], rows, groups=3, memory=memory)
    assert sum(made) == times * len(rows)
    agree(found, queries[:20], rows, np.arange(1500) % 3)


@pytest.fixture
def compared(monkeypatch):
    """Numbers of pairs that were compared in float64, as the search goes on."""
    numbers = []
    add = search._Kept.add

    def counted(self, key, row):
        numbers.append(key.size)
        add(self, key, row)

    monkeypatch.setattr(search._Kept, "add", counted)
    return numbers


def test_a_large_mean_does_not_make_every_row_a_candidate(compared):
    rng = np.random.default_rng(8)
    rows = (rng.standard_normal((2000, 30)) + 3000).astype(np.float32)
    nearest(rows[:50] + np.float32(0.5), rows)
    assert sum(compared) < 50 * 2000 / 20


def test_ties_say_which_of_equally_near_rows_is_returned():
    rows = np.repeat(np.eye(3), 40, axis=0)
    rank = np.random.default_rng(9).permutation(len(rows))
    for dtype in (np.float32, np.float64):
        found = nearest(np.eye(3, dtype=dtype), rows.astype(dtype), ties=rank)
        for query, row in enumerate(found.distance_row[:, 0]):
            assert rank[row] == rank[40 * query : 40 * query + 40].min()
    assert nearest(np.eye(3), rows).distance_row.ravel().tolist() == [0, 40, 80]
    with pytest.raises(InputError) as raised:
        nearest(np.eye(3), rows, ties=rank[:5])
    assert raised.value.argument == "ties"


def test_rows_that_are_all_the_same_are_compared_once_a_segment(compared):
    rank = np.random.default_rng(9).permutation(5000)
    queries = np.random.default_rng(0).standard_normal((3, 4))
    found = nearest(queries, np.ones((5000, 4)), ties=rank)
    assert (rank[found.distance_row] == 0).all()
    np.testing.assert_allclose(found.distance[:, 0], ((queries - 1) ** 2).sum(axis=1) ** 0.5)
    assert sum(compared) <= 5000 / 10


@pytest.mark.parametrize("seed", range(4))
def test_a_pair_of_equal_rows_is_told_apart_by_rank(seed: int) -> None:
    rng = np.random.default_rng(seed)
    rows = np.tile(rng.standard_normal((40, 6)), (2, 1))
    rank = rng.permutation(80)
    found = nearest(rng.standard_normal((30, 6)), rows, ties=rank)
    for chosen in (found.cosine_row, found.distance_row):
        assert np.all(rank[chosen] < rank[(chosen + 40) % 80])


def test_labels_name_the_groups():
    rows, queries = np.eye(4), np.eye(4)[:1]
    found = nearest(queries, rows, groups=np.array([1, 0, 0, 1]))
    assert found.cosine.tolist() == [[0.0, 1.0]]
    assert found.distance_row.tolist() == [[1, 0]]


def test_many_equal_rows_give_the_lowest_of_those_compared():
    rows = np.ones((1000, 3))
    found = nearest(np.ones((2, 3)), rows, top=4)
    assert found.distance.tolist() == [[0.0], [0.0]]
    assert found.distance_row.tolist() == [[0], [0]]


def test_progress_rises_to_the_whole():
    steps: list[int] = []
    rng = np.random.default_rng(7)
    rows = rng.standard_normal((9000, 4))
    nearest(rows[:50], rows, progress=steps.append)
    assert min(steps) >= 0
    assert len(steps) > 1
    assert sum(steps) == 50 * 9000


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 10**6), shift=st.floats(-100, 100), scale=st.floats(1e-3, 1e3))
def test_invariances(seed, shift, scale):
    rng = np.random.default_rng(seed)
    d = int(rng.integers(1, 9))
    rows = rng.standard_normal((int(rng.integers(1, 60)), d))
    queries = rng.standard_normal((5, d))
    plain = nearest(queries, rows)
    rotation = np.linalg.qr(rng.standard_normal((d, d)))[0]
    turned = nearest(scale * queries @ rotation, scale * rows @ rotation)
    np.testing.assert_allclose(turned.cosine, plain.cosine, rtol=1e-7, atol=1e-9)
    np.testing.assert_allclose(turned.distance, scale * plain.distance, rtol=1e-7)
    moved = nearest(queries + shift, rows + shift, origin=np.full(d, shift))
    np.testing.assert_allclose(moved.cosine, plain.cosine, rtol=1e-7, atol=1e-9)
    order = rng.permutation(len(rows))
    shuffled = nearest(queries, rows[order])
    np.testing.assert_array_equal(order[shuffled.distance_row], plain.distance_row)


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        ({"queries": np.ones((2, 3))}, "queries"),
        ({"groups": 0}, "groups"),
        ({"groups": 5}, "groups"),
        ({"groups": np.array([0, 2, 0, 2])}, "groups"),
        ({"groups": np.array([0.0, 1.0, 0.0, 1.0])}, "groups"),
        ({"rows": np.array([[np.nan, 1.0]])}, "rows"),
    ],
)
def test_bad_arguments_are_named(arguments, named):
    whole = {"queries": np.ones((2, 2)), "rows": np.ones((4, 2))} | arguments
    with pytest.raises(InputError, match=named):
        nearest(**whole)
