"""Examines this installation: versions, optional parts, and a self-test."""

from __future__ import annotations

import platform
import re
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from importlib import metadata
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from twinseed._version import __version__
from twinseed.lanes import usable

__all__ = ["PARTS", "Check", "Examination", "Library", "OptionalPart", "Package", "examined"]

PARTS = {
    "figures": "pictures and pages",
    "data": "the digits of the examples",
    "formats": "files of tables, images, cells and climate fields",
    "denoise": "training denoisers, and generators in torch",
    "diffusers": "pipelines of diffusers",
    "cluster": "work on several machines",
    "metrics": "a metric for training loops in torch",
    "explore": "the page to play with",
}
"""The optional parts for users (extras), and what each part is needed for."""

# What the self-test should find. Convergence of the identity bulk at n = d (Marchenko-Pastur law),
# ridge 0 and 0.1: reference values that were computed with mpmath, tests/reference.
_CONVERGENCE = (0.72050619479, 0.7966105006648)
# Drawn with seed 0 by the engine Dense: one factor of strength 3, ridge 0.1, n = 80, d = 40.
_DRAWN = (0.8954608871276915, 0.49983069296148086, 0.8048238619848074)
# p-value and copied fraction of an audit of 100 normal rows, in which 20 samples are copies.
_COPIES = (0.0005, 0.2)


@dataclass(frozen=True)
class Package:
    """A package, its version here (None: not installed), and the lowest version that works."""

    name: str
    version: str | None
    floor: str

    @property
    def problem(self) -> str | None:
        """What is wrong with the package, or None."""
        if self.version is None:
            return "not installed"
        if _numbers(self.version) < _numbers(self.floor):
            return f"older than {self.floor}"
        return None


@dataclass(frozen=True)
class OptionalPart:
    """An optional part: what it is needed for, its packages, and how to install it."""

    name: str
    purpose: str
    packages: tuple[Package, ...]

    @property
    def installed(self) -> bool:
        """Whether each package of the part is installed, and new enough."""
        return not any(one.problem for one in self.packages)

    @property
    def install(self) -> str:
        """The command that installs the part."""
        return f"pip install 'twinseed[{self.name}]'"


@dataclass(frozen=True)
class Library:
    """A library of linear algebra or threads that numpy and scipy have loaded."""

    name: str
    version: str
    threads: int
    built_for: str


@dataclass(frozen=True)
class Check:
    """One part of the self-test: what was expected, what was found, and the seconds it took."""

    name: str
    passed: bool
    expected: str
    found: str
    seconds: float


@dataclass(frozen=True)
class Examination:
    """What is installed here, and whether it works.

    Args:
        system: versions of twinseed and Python, the platform, the processors, and the folder of
            the package.
        packages: what twinseed always needs.
        parts: the optional parts.
        libraries: linear algebra and threads.
        checks: the self-test.
    """

    system: dict[str, Any]
    packages: tuple[Package, ...]
    parts: tuple[OptionalPart, ...]
    libraries: tuple[Library, ...]
    checks: tuple[Check, ...]

    @property
    def problems(self) -> list[str]:
        """What does not work, as sentences that say what to do; an absent part is no problem."""
        found = [
            f"{one.name} is {one.problem}: pip install --upgrade '{one.name}>={one.floor}'"
            for one in self.packages
            if one.problem
        ]
        found += [
            f"{one.name} is {one.problem}: {part.install.replace('install', 'install --upgrade')}"
            for part in self.parts
            for one in part.packages
            if one.problem and one.version is not None
        ]
        found += [
            f"self-test: {one.name}: found {one.found}, expected {one.expected}: install "
            "twinseed in a new environment, and report this line if it fails there"
            for one in self.checks
            if not one.passed
        ]
        return list(dict.fromkeys(found))

    def to_dict(self) -> dict[str, Any]:
        """Return the examination as JSON; ``schemas/doctor.json`` describes the form."""
        return {
            "schema": 1,
            "healthy": not self.problems,
            "problems": self.problems,
            "system": self.system,
            "packages": [_package(one) for one in self.packages],
            "parts": [
                {
                    "name": part.name,
                    "purpose": part.purpose,
                    "installed": part.installed,
                    "install": part.install,
                    "packages": [_package(one) for one in part.packages],
                }
                for part in self.parts
            ],
            "libraries": [asdict(one) for one in self.libraries],
            "checks": [asdict(one) for one in self.checks],
        }


def examined() -> Examination:
    """Examine this installation: what is installed, and does it compute the right numbers?

    The self-test takes a few seconds: theory against reference values, a simulation with store and
    file against stored numbers, an audit of planted copies.

    Returns:
        The ``Examination``; ``problems`` is empty if all is well.
    """
    checks = tuple(_checked(name, check) for name, check in _CHECKS.items())
    needed = tuple(_needed())
    return Examination(
        system={
            "twinseed": __version__,
            "python": platform.python_version(),
            "platform": platform.platform(),
            "processors": usable(),
            "folder": str(Path(__file__).parent),
        },
        packages=tuple(one for extra, one in needed if not extra),
        parts=tuple(
            OptionalPart(name, purpose, tuple(one for extra, one in needed if extra == name))
            for name, purpose in PARTS.items()
        ),
        libraries=tuple(_libraries()),
        checks=checks,
    )


def _needed() -> Iterator[tuple[str, Package]]:
    """Yield each package that the metadata of twinseed names, with its extra; "" is the core."""
    try:
        requirements = metadata.requires("twinseed") or []
    except metadata.PackageNotFoundError:  # a folder of sources that was never installed
        return
    for text in requirements:
        found = re.match(r"([\w.-]+)\s*>=\s*([\d.]+)(?:.*extra\s*==\s*['\"](\w+)['\"])?", text)
        if found:
            name, floor, extra = found.groups()
            try:
                version: str | None = metadata.version(name)
            except metadata.PackageNotFoundError:
                version = None
            yield extra or "", Package(name, version, floor)


def _numbers(version: str) -> tuple[int, ...]:
    """Return the numbers of a version, without zeros at the end.

    >>> _numbers("2.10.0+cpu") == _numbers("2.10") > _numbers("2.9.1")
    True
    """
    found = [int(one) for one in re.split(r"[^\d.]", version)[0].split(".") if one]
    while found and found[-1] == 0:
        found.pop()
    return tuple(found)


def _package(one: Package) -> dict[str, Any]:
    return {**asdict(one), "problem": one.problem}


def _libraries() -> Iterator[Library]:
    import scipy.linalg  # noqa: F401  # it may bring a library of its own
    from threadpoolctl import threadpool_info

    for one in threadpool_info():
        yield Library(
            name=str(one["internal_api"]),
            version=str(one["version"] or "unknown"),
            threads=int(one["num_threads"]),
            built_for=str(one.get("architecture") or "unknown"),
        )


def _checked(name: str, check: Callable[[], tuple[bool, str, str]]) -> Check:
    start = time.perf_counter()
    try:
        passed, expected, found = check()
    except Exception as error:  # whatever is wrong here is the answer
        told = " ".join(f"{type(error).__name__}: {error}".split())
        passed, expected, found = False, "no error", told[:200]
    return Check(name, passed, expected, found, round(time.perf_counter() - start, 3))


def _close(found: tuple[float, ...], golden: tuple[float, ...], within: float) -> bool:
    return all(abs(x - y) <= within for x, y in zip(found, golden, strict=True))


def _theory() -> tuple[bool, str, str]:
    import twinseed as ts

    readout = ts.predict(ts.Spiked([]), [ts.Ridge(0.0), ts.Ridge(0.1)], gamma=1.0)
    found = tuple(readout["convergence"].values.tolist())
    return _close(found, _CONVERGENCE, 1e-10), _shown(_CONVERGENCE), _shown(found)


def _simulation() -> tuple[bool, str, str]:
    """Draw, keep the draws in a store, read them back, save the readout and load it."""
    import twinseed as ts
    from twinseed.readout import load, save

    with TemporaryDirectory() as made:
        store, file = Path(made, "draws.sqlite"), Path(made, "drawn.nc")
        one, filter = ts.Spiked([3.0]), ts.Ridge(0.1)
        ts.simulate(one, filter, n=80, d=40, engine=ts.Dense(), replicates=4, rng=0, store=store)
        save(ts.load_sweep(store).to_xarray(), file)
        kept = load(file)
        found = tuple(
            float(kept[name].values.ravel()[0])
            for name in ("convergence", "memorisation", "recovery")
        )
        del kept
    return _close(found, _DRAWN, 1e-8), _shown(_DRAWN), _shown(found)


def _audit() -> tuple[bool, str, str]:
    """Let an audit find 20 copies among 100 samples."""
    import numpy as np

    import twinseed as ts

    train, heldout, samples = np.random.default_rng(0).standard_normal((3, 100, 6))
    samples[:20] = train[:20]
    copying = ts.audit(train_a=train, samples_a=samples, heldout=heldout).copying
    found = (copying.p_value, copying.copied_fraction)
    return _close(found, _COPIES, 0.005), _shown(_COPIES), _shown(found)


def _shown(numbers: tuple[float, ...]) -> str:
    return ", ".join(f"{one:.11f}" for one in numbers)


_CHECKS = {
    "theory agrees with reference values": _theory,
    "draws, store and file agree with stored numbers": _simulation,
    "an audit finds planted copies": _audit,
}
