"""Names that will be removed still work, and say what to write instead, and until when."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest
from packaging.version import Version

import twinseed as ts
from twinseed.deprecated import REMOVED_IN

ROOT = Path(__file__).parents[1]


def test_a_spectral_model_works_and_says_what_to_write() -> None:
    says = "SpectralModel is deprecated, and will be removed in twinseed 0.3.0: write ts.predict("
    with pytest.warns(DeprecationWarning, match=re.escape(says)) as said:
        model = ts.SpectralModel(ts.Spiked([3.0]), ts.Ridge(0.1), n=200, d=100)
    assert Path(said[0].filename).name == Path(__file__).name
    assert (model.gamma, model.aspect_ratio) == (2.0, 0.5)
    assert model.effective_dimension == pytest.approx((99 + 4) ** 2 / (99 + 4**2))


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@pytest.mark.parametrize(("name", "value"), [("n", -3), ("d", 0.5), ("filter", 0.1)])
def test_its_arguments_are_checked(name: str, value: float) -> None:
    given = {"population": ts.Spiked([]), "filter": ts.Ridge(), "n": 5, "d": 5} | {name: value}
    with pytest.raises(ts.InputError, match=str(value)) as caught:
        ts.SpectralModel(**given)
    assert caught.value.argument == name


def deprecated() -> list[str]:
    """Return the old forms that calls of ``warn_of`` in the package name."""
    texts = [path.read_text("utf-8") for path in (ROOT / "src").rglob("*.py")]
    trees = [ast.parse(text) for text in texts if "warn_of" in text]
    calls = [one for tree in trees for one in ast.walk(tree) if isinstance(one, ast.Call)]
    return [ast.literal_eval(one.args[0]) for one in calls if ast.unparse(one.func) == "warn_of"]


def test_only_what_says_until_when_is_deprecated() -> None:
    texts = {path: path.read_text("utf-8") for path in (ROOT / "src").rglob("*.py")}
    warning = [path.name for path, text in texts.items() if "DeprecationWarning" in text]
    assert warning == ["deprecated.py"]
    assert Version(ts.__version__) < Version(REMOVED_IN), "remove what was deprecated"


@pytest.mark.parametrize("old", sorted(deprecated()))
def test_what_is_deprecated_stands_in_the_changelog_and_in_a_test(old: str) -> None:
    name = old.split()[0]
    log = (ROOT / "CHANGELOG.md").read_text("utf-8")
    parts = [part.partition("\n### ")[0] for part in log.split("### Deprecated\n")[1:]]
    assert any(name in part and REMOVED_IN in part for part in parts)
    tests = [path.read_text("utf-8") for path in (ROOT / "tests").rglob("test_*.py")]
    assert any(f'"{old} is deprecated' in text for text in tests)
