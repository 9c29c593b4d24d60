"""The recipes of ARCHITECTURE.md, followed: new files, and lines after a line that is there."""

from __future__ import annotations

from typing import NamedTuple

__all__ = ["GENERATED", "RECIPES", "Added", "Recipe", "Reworded"]

S = "src/twinseed"
CALLS = "tests/random_caller/test_python.py"
GENERATED = "generated"


class Added(NamedTuple):
    """A line, put after the first line that holds ``anchor``; "..." stands for its indent."""

    anchor: str
    line: str


class Reworded(NamedTuple):
    """Text that takes the place of another."""

    old: str
    new: str


class Recipe(NamedTuple):
    """What is written (a text), changed (lines) or made anew (by a script), and the proof."""

    name: str
    files: dict[str, str | list[Added | Reworded]]
    proof: str
    """Python that runs in the copy."""
    tests: str = ""
    """Files of tests in the copy, and the words of ``-k``."""


def public(package: str, name: str) -> list[Added | Reworded]:
    """Return the two lines that make a name public."""
    return [
        Added("if TYPE_CHECKING:", f"    from twinseed.{package} import {name} as {name}"),
        Added("_HOME = {", f'    "{name}": "{package}",'),
    ]


FILTER = Recipe(
    "saturation",
    {
        f"{S}/filters/saturation.py": '''"""A filter that large eigenvalues saturate."""

from twinseed.filters._base import Filter


class Saturation(Filter):
    """Equation: ``f(x) = sqrt(x / (1 + x/ceiling))``.

    >>> Saturation(2.0).at_zero
    0.0
    """

    analytic = True

    def __init__(self, ceiling):
        self.ceiling = ceiling

    def __call__(self, eigenvalues):
        return (eigenvalues / (1.0 + eigenvalues / self.ceiling)) ** 0.5

    @property
    def parameters(self):
        return {"ceiling": self.ceiling}

    @classmethod
    def examples(cls):
        return [cls(2.0), cls(30.0)]
''',
        f"{S}/filters/__init__.py": [
            Added("import Ridge", "from twinseed.filters.saturation import Saturation"),
            Added('    "Sampler",', '    "Saturation",'),
        ],
        f"{S}/__init__.py": public("filters", "Saturation"),
        CALLS: [Added("CALLS: dict", '    "Saturation": (arguments(ceiling=NUMBERS), str, 9),')],
    },
    "plain = ts.predict(ts.Spiked([3.0]), n=50, d=40).convergence\n"
    "found = ts.predict(ts.Spiked([3.0]), ts.Saturation(1e9), n=50, d=40)\n"
    "assert abs(found.convergence - plain) < 1e-6 and found.ceiling == 1e9",
    f"tests/laws/test_examples.py tests/test_identity.py {CALLS} -k public_is_called"
    "|kind_is_in|identity_of_its_own",
)

POPULATION = Recipe(
    "halves",
    {
        f"{S}/populations/halves.py": '''"""Half of the directions have a larger variance."""

import numpy as np

from twinseed.populations._base import Population


class Halves(Population):
    """The variance is ``high`` along half of the directions, 1 along the others.

    >>> Halves(4.0).eigenvalues(4)
    array([4., 4., 1., 1.])
    """

    def __init__(self, high):
        self.high = high

    @property
    def factors(self):
        return np.zeros(0)

    def spectrum(self, d):
        share = 0.5 if d in (np.inf,) or d != int(d) else (int(d) // 2) / d
        return np.array([1.0, self.high]), np.array([1.0 - share, share])

    def surroundings(self, factor, d):
        return self.spectrum(d)

    def eigenvalues(self, d):
        size = self._checked_dimension(d)
        return np.repeat([self.high, 1.0], [size // 2, size - size // 2])

    def description(self):
        return {"kind": "Halves", "high": self.high}

    @classmethod
    def examples(cls):
        return [cls(4.0), cls(9.0)]
''',
        f"{S}/populations/__init__.py": [
            Added("import Estimated", "from twinseed.populations.halves import Halves"),
            Added('    "Estimated",', '    "Halves",'),
        ],
        f"{S}/__init__.py": public("populations", "Halves"),
        CALLS: [Added("CALLS: dict", '    "Halves": (arguments(high=NUMBERS), str, 9),')],
    },
    "theory = ts.predict(ts.Halves(4.0), n=60, d=40).convergence\n"
    "other = ts.predict(ts.Atoms([1.0, 4.0]), n=60, d=40).convergence\n"
    "drawn = ts.simulate(ts.Halves(4.0), n=60, d=40, replicates=4, rng=0).convergence\n"
    "assert abs(theory - other) < 1e-9 and abs(theory - drawn) < 0.1",
    f"tests/laws/test_examples.py {CALLS} -k public_is_called|kind_is_in",
)

ORDER = Recipe(
    "spread",
    {
        f"{S}/orders/spread/__init__.py": '''"""The spread of samples."""

from twinseed.orders.spread.data import from_evidence
from twinseed.orders.spread.theory import from_coupling

__all__ = ["from_coupling", "from_evidence"]
''',
        f"{S}/orders/spread/theory.py": '''"""The spread of samples, by theory."""

from twinseed.readout import Estimate


def from_coupling(coupling):
    return {"spread": Estimate((coupling.weight * coupling.second).sum(axis=-1))}
''',
        f"{S}/orders/spread/data.py": '''"""The spread of samples, from data."""

import numpy as np

from twinseed.readout import Estimate


def from_evidence(evidence):
    squares = np.mean(np.asarray(evidence.twins.samples_a, dtype=float) ** 2, axis=1)
    return {"spread": Estimate(squares.mean(), squares.std() / len(squares) ** 0.5)}
''',
        f"{S}/orders/__init__.py": [
            Added("from twinseed.coupling", "from twinseed.orders import spread"),
            Added("ORDERS = (", "    OrderParameter(spread.from_coupling, spread.from_evidence),"),
        ],
        f"{S}/readout.py": [
            Added(
                "VARIABLES: Mapping",
                '    "spread": Variable("e", "E|x|^2 per dimension", squared_units=True),',
            )
        ],
        "GLOSSARY.md": [Added("| `q` | `convergence` |", "| `e` | `spread` | E of x²/d | size |")],
    },
    "model = ts.Spiked([3.0])\n"
    "theory = ts.predict(model, n=60, d=40).spread\n"
    "drawn = ts.simulate(model, n=60, d=40, replicates=4, rng=0).spread\n"
    "rng = np.random.default_rng(0)\n"
    "samples, rows = model.sample(2000, 40, rng), model.sample(60, 40, rng)\n"
    "seen = ts.measure(ts.Twins(samples, None, rows), rng=0, resamples=0).spread\n"
    "assert abs(theory - drawn) < 0.1 and abs(theory - seen) < 0.1",
    "tests/docs/test_documents.py -k glossary_names_each_variable",
)

ENGINE = Recipe(
    "twice",
    {
        f"{S}/simulation/twice.py": '''"""An engine that draws as Dense does."""

from twinseed.simulation.dense import Dense


class Twice(Dense):
    """The draws of ``Dense``.

    >>> Twice(seeds=2).seeds
    2
    """

    revision = 1

    @classmethod
    def examples(cls):
        return [cls(seeds=4)]
''',
        f"{S}/simulation/__init__.py": [
            Added("import Krylov", "from twinseed.simulation.twice import Twice"),
            Added("__all__", '__all__ += ["Twice"]'),
        ],
        f"{S}/__init__.py": public("simulation", "Twice"),
        f"{S}/cli/simulate.py": [
            Added('DENSE = "dense"', '...TWICE = "twice"'),
            Reworded("dense, krylov, or", "dense, twice, krylov, or"),
        ],
        "docs/command-line.md": GENERATED,
        CALLS: [Added("CALLS: dict", '    "Twice": (arguments(seeds=COUNTS), str, 9),')],
    },
    "from typer.testing import CliRunner\n"
    "from twinseed.cli import app\n"
    "words = 'simulate --spikes 3 --n 20 --d 10 --replicates 2 --engine twice --json -q'\n"
    "ran = CliRunner().invoke(app, words.split())\n"
    "assert ran.exit_code == 0, ran.output\n"
    "from tests.simulation.engine_draws import CELLS, DRAW\n"
    "assert DRAW['Twice'](CELLS['n < d'], 2, 0)['q'].shape == (2,)",
    f"tests/laws/test_examples.py {CALLS} -k public_is_called|kind_is_in",
)

GENERATOR = Recipe(
    "noise_only",
    {
        f"{S}/generators/noise_only.py": '''"""A generator that returns its noise."""

from twinseed.generators._base import checked_noise


class NoiseOnly:
    """Returns the noise."""

    def __init__(self, d):
        self.d = d

    def sample(self, noise):
        return checked_noise(noise, self.d)
''',
        f"{S}/generators/__init__.py": [
            Added("import Memoriser", "from twinseed.generators.noise_only import NoiseOnly"),
            Added('    "Memoriser",', '    "NoiseOnly",'),
        ],
        "tests/examples.py": [
            Added(
                "PLAIN_GENERATORS: dict",
                "    generators.NoiseOnly: [lambda: generators.NoiseOnly(DIMENSION)],",
            ),
        ],
    },
    "from twinseed.generators import NoiseOnly\nassert NoiseOnly(2).sample([[1.0, 2.0]]).size == 2",
    "tests/generators/test_adapters.py tests/laws/test_examples.py -k NoiseOnly|generator_is",
)

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
            Added("import read_csv", "from twinseed.readers._txt import read_txt"),
            Added("HERE: Mapping", '    "txt": read_txt,'),
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
