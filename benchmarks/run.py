"""Runs the benchmarks: each claim against its rival, side by side, in this run on this machine.

    python benchmarks/run.py [--quick] [--page] [--json FILE] [NAME ...]

A claim that is lost is printed as lost and changes nothing else; only a benchmark that cannot run
ends with exit status 1. ``--quick`` shrinks every size: it shows that the benchmarks run, and its
ratios mean little. ``--page`` stores the numbers and writes docs/benchmarks.md.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import os
import pkgutil
import platform
import sys
from datetime import UTC, datetime
from importlib import import_module
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(variable, "1")

import numpy as np  # noqa: E402  # after the variables that it reads when it loads
import scipy.linalg  # noqa: E402  # loads scipy's own BLAS, which the machine's lines show
from threadpoolctl import threadpool_info  # noqa: E402  # as above

import claims  # noqa: E402  # as above
import page  # noqa: E402  # as above
from comparison import Comparison  # noqa: E402  # as above

RIVALS = ("faiss-cpu", "scikit-learn", "torch", "xarray")


def main(arguments: list[str]) -> int:
    names = sorted(module.name for module in pkgutil.iter_modules(claims.__path__))
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--quick", action="store_true", help="small sizes: only show that it runs")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the numbers there too")
    parser.add_argument("--page", action="store_true", help="write docs/benchmarks.md")
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of: {', '.join(names)}")
    chosen = parser.parse_args(arguments)
    unknown = set(chosen.names) - set(names)
    if unknown:
        parser.error(f"no such claim: {', '.join(sorted(unknown))}; there are: {', '.join(names)}")
    if chosen.page and chosen.quick:
        parser.error("--page needs the full size: leave out --quick")
    print(*machine(), sep="\n")
    record: dict[str, list[dict[str, object]]] = {}
    for name in chosen.names or names:
        claim = import_module(f"claims.{name}")
        print(f"\n{name}: {claim.CLAIM}", flush=True)
        rows = []
        for row in claim.compare(quick=chosen.quick):
            print(*lines(row, judged=not chosen.quick), sep="\n", flush=True)
            rows.append(row)
        record[name] = [
            {**dataclasses.asdict(row), "ratio": row.ratio, "verdict": row.verdict} for row in rows
        ]
        if chosen.page:
            today = datetime.now(UTC).strftime("%Y-%m-%d")
            page.write({name: {"date": today, "machine": machine(), "rows": record[name]}})
    if chosen.json:
        chosen.json.write_text(json.dumps({"machine": machine(), "claims": record}, indent=1))
    return 0


def machine() -> list[str]:
    """Describe what the numbers depend on: interpreter, libraries, BLAS kernels and threads."""
    pools = [
        f"  {pool['internal_api']} {pool.get('version')} {pool.get('architecture', '')} "
        f"threads={pool['num_threads']}"
        for pool in threadpool_info()
    ]
    rivals = ", ".join(f"{name} {_version(name)}" for name in RIVALS)
    return [
        f"{_processor()}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}",
        f"Python {platform.python_version()}, numpy {np.__version__}, scipy {scipy.__version__}",
        f"rivals: {rivals}; one thread each, where a row names no other number",
        *pools,
    ]


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return "not installed"


def _processor() -> str:
    """Return the name of the processor, where the system tells it."""
    try:
        told = Path("/proc/cpuinfo").read_text("utf-8")
    except OSError:
        return platform.machine()
    names = [line.partition(":")[2].strip() for line in told.splitlines() if "model name" in line]
    return names[0] if names else platform.machine()


def lines(row: Comparison, *, judged: bool) -> list[str]:
    """Lay a comparison out: two lines and a verdict."""
    verdict = row.verdict if judged else "not judged at this size"
    return [
        f"  {row.our_value:12.4g} {row.unit:<8} {row.ours}",
        f"  {row.their_value:12.4g} {row.unit:<8} {row.theirs}",
        f"  {row.ratio:12.4g} x        {verdict}: {row.claimed}",
    ]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
