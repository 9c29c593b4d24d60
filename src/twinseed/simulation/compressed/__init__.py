"""Draws of twins without an n x d matrix: only the numbers that order parameters need.

Block Golub-Kahan bidiagonalisation of Gaussian data has independent blocks of known law, so a draw
costs as much at d = 10^12 as at d = 10^3.
"""

from twinseed.simulation.compressed.engine import Compressed

__all__ = ["Compressed"]
