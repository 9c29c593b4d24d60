"""The rules of ARCHITECTURE.md that import-linter does not hold, read from the source files."""

from __future__ import annotations

import ast
import graphlib
import re
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import pytest

import twinseed

PACKAGE = Path(twinseed.__file__).parent
ROOT = Path(__file__).parents[1]
RESULTS = sorted({path.parent.name for path in PACKAGE.glob("*/page.py")} - {"pages"})
ONLY = {
    "matplotlib": ("drawing", "figures"),
    "jinja2": ("pages.page",),
    "typer": ("cli",),
    "sklearn": ("loop.selection", "reproduction"),
    "torch": ("denoise", "generators", "loop.torch_metric", "readers._torch"),
    "torchmetrics": ("loop.torch_metric",),
    "safetensors": ("denoise.checkpoints",),
    "h5py": ("readers._hdf5",),
    "PIL": ("readers._pictures",),
    "pyarrow": ("readers._arrow", "readers._conversion", "readers._encodings", "files"),
    "zarr": ("readers._zarr",),
    "openpyxl": ("readers._excel",),
    "starlette": ("explore",),
    "uvicorn": ("explore",),
}
"""Libraries, and the packages or modules that alone import each."""


def dotted(path: Path) -> str:
    """Return the name of a module."""
    parts = path.relative_to(PACKAGE.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


MODULES = {dotted(path): ast.parse(path.read_text("utf-8")) for path in PACKAGE.rglob("*.py")}


def imports(nodes: Iterator[ast.AST]) -> Iterator[tuple[str, str]]:
    """Yield each module that is imported, with the name that is taken from it, or nothing."""
    for node in nodes:
        if isinstance(node, ast.Import):
            yield from ((one.name, "") for one in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield from ((node.module or "", one.name) for one in node.names)


def on_loading(module: ast.AST) -> Iterator[ast.AST]:
    """Yield the nodes outside functions: what runs on import, and what type checkers read."""
    for node in ast.iter_child_nodes(module):
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node
            yield from on_loading(node)


def test_no_two_classes_have_one_name() -> None:
    """A leading underscore makes no second name."""
    homes: dict[str, list[str]] = defaultdict(list)
    for name, module in MODULES.items():
        for node in module.body:
            if isinstance(node, ast.ClassDef):
                homes[node.name.lstrip("_")].append(name)
    assert {name: found for name, found in homes.items() if len(found) > 1} == {}


def test_no_circle_of_imports() -> None:
    """Type imports count. A method may import the page of its result when it is called."""
    graph = {
        name: {
            f"{source}.{taken}" if f"{source}.{taken}" in MODULES else source
            for source, taken in imports(on_loading(module))
        }
        for name, module in MODULES.items()
    }
    assert len(graph["twinseed.auditing.page"] & graph.keys()) > 5
    tuple(graphlib.TopologicalSorter(graph).static_order())


@pytest.mark.parametrize("library", ONLY)
def test_a_library_is_imported_in_one_place(library: str) -> None:
    found = {
        name
        for name, module in MODULES.items()
        if any(source.split(".")[0] == library for source, _ in imports(ast.walk(module)))
    }
    assert found
    homes = [f".{home}." for home in ONLY[library]]
    assert {name for name in found if not any(home in f"{name}." for home in homes)} == set()


def test_no_part_of_scipy_is_imported_on_loading() -> None:
    """``import scipy`` loads a part, such as ``scipy.special``, when its name is first used."""
    wrong = {
        f"{name}: {source}"
        for name, module in MODULES.items()
        for source, _ in imports(on_loading(module))
        if source.startswith("scipy.")
    }
    assert wrong == set()


@pytest.mark.parametrize("folder", ["src", "docs", "benchmarks", "fuzz"])
def test_private_modules_and_names_of_another_package_are_imported_nowhere(folder: str) -> None:
    wrong = []
    for path in (ROOT / folder).rglob("*.py"):
        home = ".".join(path.parent.relative_to(ROOT / "src").parts) if folder == "src" else folder
        for source, taken in imports(ast.walk(ast.parse(path.read_text("utf-8")))):
            whole = f"{source}.{taken}"
            if not source.startswith("twinseed") or taken.startswith("__") or "._version" in whole:
                continue
            package = whole.partition("._")[0]
            if package != whole and not f"{home}.".startswith(f"{package}."):
                wrong.append(f"{path.relative_to(ROOT)}: {whole}")
    assert wrong == []


@pytest.mark.parametrize("result", RESULTS)
def test_a_result_owns_its_figures_and_its_page(result: str) -> None:
    home = PACKAGE / result
    assert (home / "page.py").is_file()
    assert (home / "page.html").is_file()
    assert (home / "figures.py").is_file() or (home / "figures").is_dir()


def test_every_page_and_caption_belongs_to_a_result() -> None:
    assert len(RESULTS) >= 5
    found = {
        path.relative_to(PACKAGE).parts[0]
        for name in ("page.py", "page.html", "captions.toml", "figures.py")
        for path in PACKAGE.rglob(name)
    }
    assert found == {*RESULTS, "pages"}


def test_no_random_generator_is_global() -> None:
    """numpy's old functions (``np.random.normal``) and the module ``random`` share one."""
    allowed = {"Generator", "SeedSequence", "default_rng"}
    for name, module in MODULES.items():
        assert "random" not in {source for source, _ in imports(ast.walk(module))}, name
        for node in ast.walk(module):
            if isinstance(node, ast.Attribute) and ast.unparse(node.value) == "np.random":
                assert node.attr in allowed, f"{name}: np.random.{node.attr}"


def test_the_first_line_of_a_floor_is_one_short_sentence() -> None:
    for path in [*PACKAGE.glob("*.py"), *PACKAGE.glob("*/__init__.py")]:
        if path != PACKAGE / "__init__.py":
            first = (ast.get_docstring(MODULES[dotted(path)]) or "").partition("\n\n")[0]
            assert re.fullmatch(r"[^\n]{10,80}\.", first), f"{dotted(path)}: {first}"


def test_the_tests_mirror_the_package() -> None:
    beside = {"controls", "docs", "faults", "laws", "mutation", "random_caller", "reference"}
    beside |= {"support"}
    packages = {path.parent.name for path in PACKAGE.glob("*/__init__.py")}
    folders = {path.parent.name for path in (ROOT / "tests").glob("*/*.py")}
    assert folders - packages == beside


def test_the_files_that_the_architecture_names_exist() -> None:
    page = (ROOT / "ARCHITECTURE.md").read_text("utf-8")
    named = [name for name in re.findall(r"`([\w./-]*/[\w./-]*)`", page) if "NAME" not in name]
    assert len(named) > 20
    places = (ROOT, PACKAGE)
    assert [name for name in named if not any((one / name).exists() for one in places)] == []


def test_every_rule_of_the_architecture_names_its_test() -> None:
    page = (ROOT / "ARCHITECTURE.md").read_text("utf-8")
    rules = page.partition("## Rules that are tested")[2].partition("\n## ")[0]
    named = re.findall(r"`(\w+)` \|$", rules, re.MULTILINE)
    written = "\n".join(path.read_text("utf-8") for path in (ROOT / "tests").rglob("test_*.py"))
    assert len(named) > 10
    assert [name for name in named if f"def {name}(" not in written] == []
    assert rules.count(" |\n") == len(named) + 2  # the heading, and lint-imports
