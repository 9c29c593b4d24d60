"""Convergence of the identity bulk through scikit-rmt's density; run by scikit-rmt's interpreter.

Standard input: two JSON lists, gamma and ridge. Standard output: the values and the seconds.
"""

from __future__ import annotations

import json
import sys
import time
from importlib.metadata import version

from scipy.integrate import quad
from skrmt.ensemble.spectral_law import MarchenkoPasturDistribution


def convergence(gamma: float, ridge: float) -> float:
    law = MarchenkoPasturDistribution(ratio=1.0 / gamma)
    root = quad(
        lambda x: float(law.pdf(x)) * (x + ridge) ** 0.5, law.lambda_minus, law.lambda_plus
    )[0]
    return root * root / (1.0 + ridge)


gammas, ridges = json.load(sys.stdin)
start = time.process_time()
values = [convergence(*pair) for pair in zip(gammas, ridges, strict=True)]
seconds = time.process_time() - start
json.dump({"convergence": values, "seconds": seconds, "version": version("scikit-rmt")}, sys.stdout)
