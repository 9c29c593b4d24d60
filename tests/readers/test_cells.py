"""Cells by genes as their own libraries write them: AnnData, 10x, and counts made logarithms."""

from __future__ import annotations

import gzip
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.cli.test_cli import call

from twinseed import InputError, Twins
from twinseed.readers import ReadOptions, labels_in, load, load_roles

pytestmark = pytest.mark.usefixtures("read_here")

DRAW = np.random.default_rng(0)
GENES = [f"ENSG{k:03}" for k in range(9)]
COUNTS = DRAW.poisson(DRAW.gamma(1.0, 3.0, (24, 9)))
COUNTS[3] = 0
LOGS = np.log1p(1e4 * COUNTS / np.where(COUNTS.sum(1) == 0, 1, COUNTS.sum(1))[:, None])


def written(path: Path, order: list[int], rows: Any = slice(None)) -> None:
    """Write cells by AnnData: logarithms in X, counts in a layer, columns of cells."""
    import anndata
    import pandas as pd
    from scipy import sparse

    count = len(COUNTS[rows])
    donors = pd.CategoricalDtype(pd.Index(["d0", "d1", "d2"], dtype=object))
    cells = {
        "donor": pd.Categorical([f"d{k % 3}" for k in range(count)], dtype=donors),
        "batch": pd.array([k % 2 if k else None for k in range(count)], dtype="Int64"),
        "age": np.arange(count) / 2,
    }
    names = [GENES[k] for k in order]
    index = pd.Index([f"cell {k}" for k in range(count)], dtype=object)
    data = anndata.AnnData(
        sparse.csr_matrix(LOGS[rows][:, order]),
        obs=pd.DataFrame(cells, index=index),
        var=pd.DataFrame(index=pd.Index(names, dtype=object)),
    )
    data.layers["counts"] = sparse.csc_matrix(COUNTS[rows][:, order].astype(np.float32))
    (data.write_h5ad if path.suffix == ".h5ad" else data.write_zarr)(path)


@pytest.mark.extras
@pytest.mark.parametrize("ending", ["h5ad", "zarr"])
def test_anndata_with_its_layers_and_columns(tmp_path: Path, ending: str) -> None:
    path = tmp_path / f"a.{ending}"
    written(path, [*range(9)])
    np.testing.assert_allclose(load(path), LOGS)
    np.testing.assert_array_equal(load(f"{path}#layers/counts"), COUNTS)
    donors = labels_in({"train_a": path}, "donor")["train_a"]
    assert [str(one)[-1] for one in donors[:4]] == ["0", "1", "2", "0"]
    if ending == "h5ad":
        assert labels_in({"a": path}, "batch")["a"][:3] == ["(missing)", "1", "0"]
        assert list(labels_in({"a": path}, "age")["a"][:3]) == [0.0, 0.5, 1.0]
    with pytest.raises(InputError, match="holds no"):
        labels_in({"a": path}, "clone")


@pytest.mark.extras
def test_genes_in_another_order_are_brought_into_one_and_other_genes_are_refused(
    tmp_path: Path,
) -> None:
    written(tmp_path / "a.h5ad", [*range(9)])
    written(tmp_path / "b.h5ad", [8, *range(8)])
    written(tmp_path / "c.h5ad", [*range(8)])
    both = {"train_a": tmp_path / "a.h5ad", "samples_a": tmp_path / "b.h5ad"}
    found = load_roles(both)
    np.testing.assert_array_equal(found["samples_a"], found["train_a"])
    assert any("brought into the order of train_a" in note for note in found.notes)
    with pytest.raises(InputError, match=r"samples_a must have the genes of train_a.*ENSG008"):
        load_roles(both | {"samples_a": tmp_path / "c.h5ad"})


@pytest.mark.extras
def test_groups_and_classes_of_cells_from_the_shell(tmp_path: Path) -> None:
    for name in ("train", "made"):
        written(tmp_path / f"{name}.h5ad", [*range(9)])
    files = ["--train-a", f"{tmp_path}/train.h5ad", "--samples-a", f"{tmp_path}/made.h5ad"]
    done = call("audit", *files, "--labels", "donor", "--json")
    assert done.exit_code in (1, 3), done.output
    assert '"classes": 3' in done.stdout
    done = call("audit", *files, "--group", "clone", "--json")
    assert (done.exit_code, "clone" in done.output) == (2, True)


def cells_of(name: str) -> Any:
    import anndata
    import pandas as pd

    names = GENES if name == "a" else GENES[::-1]
    return anndata.AnnData(
        LOGS,
        obs=pd.DataFrame({"donor": [f"d{k % 3}" for k in range(24)]}, index=map(str, range(24))),
        var=pd.DataFrame(index=names),
    )


@pytest.mark.extras
def test_anndata_handed_in_from_python() -> None:
    twins = Twins(cells_of("a"), None, cells_of("a"), groups="donor")
    assert len(np.unique(twins.units["train_a"])) == 3
    with pytest.raises(InputError, match=r"genes of samples_a in another order"):
        Twins(cells_of("a"), None, cells_of("b"))


def folder_of_10x(folder: Path, *, features: str = "features.tsv.gz") -> None:
    from scipy import sparse
    from scipy.io import mmwrite

    folder.mkdir()
    mmwrite(folder / "matrix.mtx", sparse.coo_matrix(COUNTS.T), field="integer")
    (folder / "matrix.mtx.gz").write_bytes(gzip.compress((folder / "matrix.mtx").read_bytes()))
    (folder / "matrix.mtx").unlink()
    barcodes = "".join(f"ACGT{k}-1\n" for k in range(24))
    (folder / "barcodes.tsv.gz").write_bytes(gzip.compress(barcodes.encode()))
    kinds = ["Gene Expression"] * 7 + ["Antibody Capture"] * 2
    lines = "".join(f"{gene}\tname\t{kind}\n" for gene, kind in zip(GENES, kinds, strict=True))
    (folder / features).write_bytes(gzip.compress(lines.encode()))


@pytest.mark.extras
def test_a_folder_and_an_h5_of_10x(tmp_path: Path) -> None:
    import h5py
    from scipy import sparse

    folder_of_10x(tmp_path / "tenx")
    turned = sparse.csc_matrix(COUNTS.T)
    with h5py.File(tmp_path / "tenx.h5", "w") as file:
        for part in ("data", "indices", "indptr"):
            file[f"matrix/{part}"] = getattr(turned, part)
        file["matrix/shape"] = np.array(turned.shape)
        file["matrix/features/id"] = np.array(GENES, dtype="S")
        kinds = [b"Gene Expression"] * 7 + [b"Antibody Capture"] * 2
        file["matrix/features/feature_type"] = np.array(kinds)
    found = load_roles({"train_a": tmp_path / "tenx", "samples_a": tmp_path / "tenx.h5"})
    for role in ("train_a", "samples_a"):
        np.testing.assert_array_equal(found[role], COUNTS[:, :7])
        assert any(
            note.startswith(f"{role}: 2 columns that are no genes (Antibody Capture)")
            for note in found.notes
        )
    (tmp_path / "tenx" / "barcodes.tsv.gz").write_bytes(gzip.compress(b"ACGT-1\n"))
    with pytest.raises(InputError, match="1 barcodes and 9 features"):
        load(tmp_path / "tenx")
    (tmp_path / "tenx" / "barcodes.tsv.gz").unlink()
    with pytest.raises(InputError, match=r"without the files barcodes\.tsv"):
        load(tmp_path / "tenx")


@pytest.mark.extras
@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b"1,2\n", "must begin with %%MatrixMarket"),
        (b"%%MatrixMarket matrix coordinate complex general\n1 1 1\n1 1 1 1\n", "complex"),
        (b"%%MatrixMarket matrix coordinate real general\n99999999 9999999 1\n1 1 1\n", "limit"),
        (b"%%MatrixMarket matrix coordinate real general\n2 2 1\n3 1 1\n", "damaged"),
        (b"%%MatrixMarket matrix coordinate real general\n2 2\n", "damaged"),
    ],
)
def test_a_matrix_that_is_no_such_file(tmp_path: Path, content: bytes, problem: str) -> None:
    (tmp_path / "a.mtx").write_bytes(content)
    with pytest.raises(InputError, match=problem):
        load(tmp_path / "a.mtx")


def test_counts_become_logarithms(tmp_path: Path) -> None:
    np.save(tmp_path / "a.npy", COUNTS)
    found = load_roles({"train_a": tmp_path / "a.npy"}, reading=ReadOptions(log_normalise=True))
    np.testing.assert_allclose(found["train_a"], LOGS, rtol=1e-6)
    assert found["train_a"].dtype == np.float32
    assert found.notes == (
        "train_a: the counts of each row are brought to a total of 10,000, and become log(1 + x)",
        "train_a: 1 rows have no counts, and stay zero",
    )


def test_small_fractional_counts_may_be_multiplied(tmp_path: Path) -> None:
    np.save(tmp_path / "a.npy", COUNTS / 100 * 1000)
    found = load_roles({"train_a": tmp_path / "a.npy"}, reading=ReadOptions(log_normalise=True))
    np.testing.assert_allclose(found["train_a"], LOGS, rtol=1e-6)


@pytest.mark.parametrize(
    ("rows", "problem"),
    [
        (LOGS, "look like logarithms already"),
        (COUNTS / 100, "multiplied by 1,000"),
        (LOGS - LOGS.mean(0), "negative"),
        (np.where(COUNTS > 20, np.nan, COUNTS.astype(float)), "missing"),
        (np.ones((4, 3, 8, 8)), "matrix of counts"),
    ],
)
def test_what_are_no_counts_is_refused(tmp_path: Path, rows: Any, problem: str) -> None:
    np.save(tmp_path / "a.npy", rows)
    with pytest.raises(InputError, match=problem):
        load(tmp_path / "a.npy", reading=ReadOptions(log_normalise=True))
    (tmp_path / "a.csv").write_text("size,kind\n1,x\n")
    with pytest.raises(InputError, match="log_normalise is for matrices"):
        load(tmp_path / "a.csv", reading=ReadOptions(log_normalise=True))


@pytest.mark.extras
def test_parts_of_cells_that_lie_in_another_file_are_not_read(tmp_path: Path) -> None:
    import h5py

    with h5py.File(tmp_path / "secret.h5", "w") as file:
        file["x"] = np.array([b"secret"] * 9)
        file["codes"] = np.zeros(24, dtype=np.int8)
    with h5py.File(tmp_path / "a.h5ad", "w") as file:
        file["X"] = LOGS
        file["var/_index"] = h5py.ExternalLink("secret.h5", "x")
        file["obs/donor/categories"] = [b"d"]
        file["obs/donor/codes"] = h5py.ExternalLink("secret.h5", "codes")
    with h5py.File(tmp_path / "b.h5ad", "w") as file:
        file["X"] = LOGS
        file["var/_index"] = np.array(GENES, dtype="S")
    both = {"train_a": tmp_path / "a.h5ad", "samples_a": tmp_path / "b.h5ad"}
    assert load_roles(both)["train_a"].shape == (24, 9)
    with pytest.raises(InputError, match="holds no"):
        labels_in({"train_a": tmp_path / "a.h5ad"}, "donor")
