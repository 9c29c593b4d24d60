"""The recipes of ARCHITECTURE.md by name; here those of formats, pages, claims and further."""

from __future__ import annotations

from tests.support.recipe import GENERATED, Added, Recipe, Reworded, S
from tests.support.recipes_of_models import ENGINE, FILTER, GENERATOR, ORDER, POPULATION

__all__ = ["GENERATED", "RECIPES", "Reworded"]

FORMAT = Recipe(
    "txt",
    {
        f"{S}/readers/_txt.py": '''"""Numbers between blanks."""

import numpy as np


def read_txt(source):
    size = source.path.stat().st_size
    if size > source.limit:
        raise source.bad(f"has {size:,} bytes, over {source.limit:,}", "convert it to .npy")
    return np.array([line.split() for line in source.path.read_text("utf-8").splitlines()], float)
''',
        f"{S}/readers/formats.py": [
            Added("import read_torch", "from twinseed.readers._txt import read_txt"),
            Added("HERE: Mapping", '    "txt": read_txt,'),
        ],
        f"{S}/readers/endings.py": [
            Added("_ENDINGS = {", '    ".txt": "txt",'),
            Added("_RIGHT = {", '    "txt": (),'),
        ],
        "fuzz/seeds.py": [
            Added("PLACES = {", '    "txt": "a.txt",'),
            Added("SEEDS: dict", '    "txt": lambda: [b"1 2\\n3 4\\n"],'),
        ],
        "docs/inputs.md": [Added("| `.npz` |", "| `.txt` | numbers between blanks | read | |")],
    },
    "from pathlib import Path\n"
    "from twinseed.readers import load\n"
    "Path('a.txt').write_text('1 2\\n3 4\\n')\n"
    "assert load('a.txt').tolist() == [[1.0, 2.0], [3.0, 4.0]]",
    "tests/readers/test_fuzz_readers.py -k txt",
)

PAGE = Recipe(
    "greeting",
    {
        f"{S}/greeting/__init__.py": '"""A result with a page of its own."""\n',
        f"{S}/greeting/figures.py": '''"""The figure of a greeting."""

from twinseed.drawing.style import frames, styled


@styled
def dots():
    figure, (panel,) = frames(1)
    panel.axes.plot([0.0, 1.0])
    return figure
''',
        f"{S}/greeting/page.py": '''"""The page of a greeting."""

from twinseed.drawing import as_svg
from twinseed.greeting.figures import dots
from twinseed.pages.page import inline_svg, render


def greeting_page(word):
    svg = inline_svg(as_svg(dots(), "dots"), "dots", "A line.")
    return render("greeting/page.html", word=word, svg=svg)
''',
        f"{S}/greeting/page.html": """{% extends "pages/page.html" %}
{% block title %}{{ word }}{% endblock %}
{% block body %}<h1>{{ word }}</h1>{{ svg | safe }}{% endblock %}
""",
        "pyproject.toml": [Added('"(denoise)",', '    "(greeting)",')],
        "ARCHITECTURE.md": GENERATED,
    },
    "from twinseed.greeting.page import greeting_page\n"
    "page = greeting_page('Good morning')\n"
    "assert '<h1>Good morning</h1><svg' in page and '</html>' in page",
    "tests/test_house.py tests/docs/test_documents.py -k greeting|circle|belongs|floors",
)

CLAIM = Recipe(
    "size",
    {
        f"{S}/reproduction/claims_size.py": '''"""The claim about the number of readouts."""

from twinseed.reproduction.claims import Measurement


def size_claims(readouts):
    measured = Measurement(float(len(readouts)), 0.0, 10)
    return [measured.claim("readouts", "There are five.", 5.0, (0.0, "a count"))]
''',
        f"{S}/reproduction/job.py": [
            Added(
                "import path_claims", "from twinseed.reproduction.claims_size import size_claims"
            ),
            Added("*control_claims(plan, readouts),", "...*size_claims(readouts),"),
        ],
    },
    "from twinseed.reproduction import reproduce\n"
    "rows = np.random.default_rng(0).standard_normal((60, 4))\n"
    "found = reproduce('run', data=rows, quick=True, workers=1, progress=False)\n"
    "assert found.claims[-1].name == 'readouts' and found.claims[-1].agrees",
)

STUDY = Recipe(
    "shapes",
    {
        "docs/studies/shapes.py": '''"""How many directions a population has."""

import json
from pathlib import Path

import twinseed as ts

RESULTS = Path(__file__).with_suffix(".json")


def computed():
    return {"directions": ts.Spiked([3.0]).eigenvalues(20).size}


if __name__ == "__main__":
    RESULTS.write_text(json.dumps(computed()) + "\\n")
''',
        "docs/studies/shapes.json": '{"directions": 20}\n',
        "docs/studies/shapes_page.py": '''"""The number in docs/shapes.md."""

from docs.studies.pages import DOCS

PAGE = DOCS / "shapes.md"


def made(found):
    return {"directions": f"{found['directions']} directions"}
''',
        "docs/shapes.md": "<!-- directions -->\n20 directions\n<!-- end of directions -->\n",
        "docs/index.md": [Added("neural-twins", "shapes")],
        "tests/docs/test_shapes.py": '''"""The page shows the results."""

import json

from docs.studies import pages, shapes, shapes_page


def test_the_page_shows_the_results():
    found = json.loads(shapes.RESULTS.read_text())
    assert shapes.computed() == found
    page = shapes_page.PAGE.read_text()
    assert pages.renewed(page, shapes_page.made(found)) == page
    assert pages.renewed(page, shapes_page.made({"directions": 1})) != page
''',
    },
    "",
    "tests/docs/test_shapes.py -k shows_the_results",
)

DENOISER = Recipe(
    "affine",
    {
        f"{S}/denoise/networks/affine.py": '''"""One matrix and one bias."""

import torch
from torch import nn

from twinseed.denoise.networks._base import Network, seeded


class Affine(Network):
    """One matrix and one bias, blind to the noise level."""

    def __init__(self, shape, *, seed):
        super().__init__()
        self.shape = tuple(shape)
        with seeded(seed):
            self.layer = nn.Linear(*2 * [int(torch.tensor(shape).prod())])

    def forward(self, y, level):
        return self.layer(y.flatten(1)).reshape(y.shape)

    def description(self):
        return {"kind": "Affine", "shape": list(self.shape)}

    @classmethod
    def examples(cls):
        return [cls((6,), seed=0)]
''',
        f"{S}/denoise/networks/__init__.py": [
            Added("import Network", "from twinseed.denoise.networks.affine import Affine"),
            Added("__all__", '__all__ += ["Affine"]'),
        ],
        f"{S}/denoise/recipes.py": [
            Added(
                "from twinseed.denoise.networks import",
                "from twinseed.denoise.networks import Affine",
            ),
            Added(
                "NETWORKS: Mapping",
                '    "affine": lambda shape, seed: Preconditioned(Affine(shape, seed=seed)),',
            ),
        ],
        f"{S}/cli/train.py": [Reworded("linear or mlp", "linear, affine or mlp")],
        "docs/command-line.md": GENERATED,
        "docs/denoisers.md": [
            Added("| `mlp` | any |", "| `affine` | any | one matrix, one bias |")
        ],
        "docs/api-denoise.md": [
            Added(
                ":: twinseed.denoise.Perceptron", ".. autoclass:: twinseed.denoise.networks.Affine"
            )
        ],
    },
    "from twinseed.denoise.recipes import recipe_of\n"
    "assert recipe_of('affine', steps=1).parameters((4,)) == 20",
    "tests/denoise/test_networks.py -k Affine",
)

RECIPES = {
    "filter": FILTER,
    "population": POPULATION,
    "order parameter": ORDER,
    "engine": ENGINE,
    "generator": GENERATOR,
    "format": FORMAT,
    "page": PAGE,
    "claim": CLAIM,
    "study": STUDY,
    "denoiser": DENOISER,
}
