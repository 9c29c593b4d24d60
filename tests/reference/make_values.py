"""Make values.json: reference values to 20 digits, by routes that the package does not take.

Run it with ``python tests/reference/make_values.py`` (it needs mpmath, and some minutes).
Equations:

- ``convergence``: q = (E_MP sqrt(lambda + r))^2/(1 + r), with the Marchenko-Pastur density
  integrated on the real axis in ``lambda``, atom at zero added; the package sums over an angle.
- ``conditional``: F(mu) = (2/pi) int_0^inf [r kappa/zeta + mu]/(kappa + mu) du, kappa by Newton in
  25-digit arithmetic, integrated by Gauss-Legendre panels in log u; the package uses a trapezoid.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from mpmath import cos, exp, mp, mpf, pi, quad, sqrt

mp.dps = 30

GAMMAS = [
    "1e-4",
    "1e-2",
    "0.1",
    "0.5",
    "0.999999",
    "1",
    "1.000001",
    "1.3",
    "2",
    "5",
    "10",
    "1e2",
    "1e4",
]
RIDGES = ["0", "1e-8", "1e-3", "0.1", "1", "30", "1e3"]
SPECTRA = {
    "six decades": (["1e-6", "1e-3", "1"], ["0.25", "0.25", "0.5"]),
    "few large": (["1e-6", "1", "3"], ["0.0625", "0.5", "0.4375"]),
}


def mean_root(gamma: Any, ridge: Any) -> Any:
    """E sqrt(lambda + r) over the Marchenko-Pastur law by its density in lambda."""
    c = 1 / gamma
    low, high = (1 - sqrt(c)) ** 2, (1 + sqrt(c)) ** 2

    def density(x: Any) -> Any:
        return sqrt((high - x) * (x - low)) / (2 * pi * c * x) * sqrt(x + ridge)

    # lambda = low + y^2 below, high - y^2 above: the square roots at both ends become smooth
    middle = (low + high) / 2
    span = sqrt(middle - low)
    scales = [span * mpf(10) ** -k for k in range(12, 0, -2)]
    below = quad(lambda y: 2 * y * density(low + y * y), [0, *scales, span])
    above = quad(lambda y: 2 * y * density(high - y * y), [0, span / 2, span])
    atom = max(mpf(0), 1 - gamma) * sqrt(ridge)
    return below + above + atom


def kappa(zeta: Any, values: list[Any], weights: list[Any], c: Any) -> Any:
    """The root in [zeta, zeta + c mean], by Newton from the upper end: convex, so monotone."""
    atoms = list(zip(values, weights, strict=True))
    x = zeta + c * sum(m * w for m, w in atoms)
    for _ in range(300):
        shares = [(w, x / (x + m)) for m, w in atoms]
        excess = x * (1 - c + c * sum(w * s for w, s in shares)) - zeta
        step = excess / (1 - c + c * sum(w * s * (2 - s) for w, s in shares))
        x -= step
        if abs(step) < mpf(10) ** (5 - mp.dps) * x:
            return x
    raise ArithmeticError(f"kappa did not settle at zeta = {zeta}")


def conditional(values: list[Any], weights: list[Any], gamma: Any, ridge: Any) -> list[list[Any]]:
    """F(mu) and sqrt(mu + r) - F(mu) at each value, the second as an integral of its own."""
    c, panels, total = 1 / gamma, 36, [[mpf(0), mpf(0)] for _ in values]
    nodes, weights_gl = leggauss(24)
    half = mpf(100) / panels / 2
    for panel in range(panels):
        middle = -50 + (2 * panel + 1) * half
        for node, weight in zip(nodes, weights_gl, strict=True):
            u = exp(middle + half * node)
            zeta = u * u + ridge
            k = kappa(zeta, values, weights, c)
            measure = 2 / pi * half * weight * u
            for sums, mu in zip(total, values, strict=True):
                sums[0] += measure * (ridge * k / zeta + mu) / (k + mu)
                sums[1] += measure * mu * (k - zeta) * (u * u / zeta) / ((zeta + mu) * (k + mu))
    return total


def leggauss(order: int) -> tuple[list[Any], list[Any]]:
    """Gauss-Legendre nodes and weights, by Newton on the Legendre polynomial."""
    nodes, weights = [], []
    for index in range(order):
        x = cos(pi * (index + mpf(3) / 4) / (order + mpf(1) / 2))
        for _ in range(8):
            before, value = mpf(1), x
            for degree in range(2, order + 1):
                before, value = (
                    value,
                    ((2 * degree - 1) * x * value - (degree - 1) * before) / degree,
                )
            slope = order * (x * value - before) / (x * x - 1)
            x -= value / slope
        nodes.append(x)
        weights.append(2 / ((1 - x * x) * slope**2))
    return nodes, weights


def main() -> None:
    rows: dict[str, list[dict[str, Any]]] = {"convergence": [], "conditional": []}
    for gamma in GAMMAS:
        for ridge in RIDGES:
            root = mean_root(mpf(gamma), mpf(ridge))
            q = root**2 / (1 + mpf(ridge))
            rows["convergence"].append(
                {"gamma": gamma, "ridge": ridge, "q": mp.nstr(q, 25), "gap": mp.nstr(1 - q, 25)}
            )
    mp.dps = 25
    for name, (values, weights) in SPECTRA.items():
        mu, w = [mpf(v) for v in values], [mpf(v) for v in weights]
        for gamma in ["0.05", "1", "50"]:
            for ridge in ["0", "1e-4", "10"]:
                pairs = conditional(mu, w, mpf(gamma), mpf(ridge))
                rows["conditional"].append(
                    {
                        "spectrum": name,
                        "values": values,
                        "weights": weights,
                        "gamma": gamma,
                        "ridge": ridge,
                        "mean_root": [mp.nstr(value, 20) for value, _ in pairs],
                        "shortfall": [mp.nstr(short, 20) for _, short in pairs],
                    }
                )
    path = Path(__file__).with_name("values.json")
    path.write_text(json.dumps(rows, indent=1) + "\n")


if __name__ == "__main__":
    main()
