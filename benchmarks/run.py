"""Runs the benchmarks: each claim against its rival, side by side, in this run on this machine.

    python benchmarks/run.py [--quick] [--json FILE] [NAME ...]

A claim that is lost is printed as lost and changes nothing else; only a benchmark that cannot run
ends with exit status 1. ``--quick`` shrinks every size: it shows that the benchmarks run, and its
ratios mean little.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import os
import pkgutil
import platform
import sys
from collections.abc import Iterable
from importlib import import_module
from pathlib import Path

for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(variable, "1")

import numpy as np  # noqa: E402  # after the variables that it reads when it loads
import scipy.linalg  # noqa: E402  # loads scipy's own BLAS, which the machine's lines show
from threadpoolctl import threadpool_info  # noqa: E402  # as above

import claims  # noqa: E402  # as above
from comparison import Comparison  # noqa: E402  # as above


def main(arguments: list[str]) -> int:
    names = sorted(module.name for module in pkgutil.iter_modules(claims.__path__))
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--quick", action="store_true", help="small sizes: only show that it runs")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the numbers there too")
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of: {', '.join(names)}")
    chosen = parser.parse_args(arguments)
    unknown = set(chosen.names) - set(names)
    if unknown:
        parser.error(f"no such claim: {', '.join(sorted(unknown))}; there are: {', '.join(names)}")
    print(*machine(), sep="\n")
    record = {}
    for name in chosen.names or names:
        claim = import_module(f"claims.{name}")
        print(f"\n{name}: {claim.CLAIM}", flush=True)
        rows = list(claim.compare(quick=chosen.quick))
        print(*lines(rows, judged=not chosen.quick), sep="\n", flush=True)
        record[name] = [{**dataclasses.asdict(row), "ratio": row.ratio} for row in rows]
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
    return [
        f"Python {platform.python_version()}, numpy {np.__version__}, scipy {scipy.__version__}, "
        f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}",
        *pools,
    ]


def lines(rows: Iterable[Comparison], *, judged: bool) -> list[str]:
    """Lay comparisons out, two lines each and a verdict."""
    shown = []
    for row in rows:
        verdict = row.verdict if judged else "not judged at this size"
        shown += [
            f"  {row.our_value:12.4g} {row.unit:<8} {row.ours}",
            f"  {row.their_value:12.4g} {row.unit:<8} {row.theirs}",
            f"  {row.ratio:12.4g} x        {verdict}: {row.claimed}",
        ]
    return shown


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
