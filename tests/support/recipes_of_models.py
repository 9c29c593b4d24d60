"""The recipes of models: filter, population, order parameter, engine, generator."""

from __future__ import annotations

from tests.support.recipe import CALLS, GENERATED, Added, Recipe, Reworded, S, public

__all__ = ["ENGINE", "FILTER", "GENERATOR", "ORDER", "POPULATION"]

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
        "docs/api-models.md": [
            Added(":: twinseed.Ridge", ".. autoclass:: twinseed.Saturation"),
        ],
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
        "docs/api-models.md": [
            Added(":: twinseed.Atoms", ".. autoclass:: twinseed.Halves"),
        ],
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
        f"{S}/readout/variables.py": [
            Added(
                "VARIABLES: Mapping",
                '    "spread": Variable("e", "E|x|^2 per dimension", squared_units=True),',
            )
        ],
        "GLOSSARY.md": [Added("| `q` | `convergence` |", "| `e` | `spread` | E of x²/d | size |")],
        "docs/api-theory.md": [
            Added(
                ":: twinseed.orders.convergence.from_evidence",
                ".. autofunction:: twinseed.orders.spread.from_evidence",
            ),
            Added(
                ":: twinseed.orders.convergence.from_coupling",
                ".. autofunction:: twinseed.orders.spread.from_coupling",
            ),
        ],
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
        "docs/api-engines.md": [
            Added(":: twinseed.Krylov", ".. autoclass:: twinseed.Twice"),
        ],
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
        "docs/api-data.md": [
            Added(
                ":: twinseed.generators.Memoriser", ".. autoclass:: twinseed.generators.NoiseOnly"
            ),
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
