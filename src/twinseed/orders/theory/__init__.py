"""The order parameters as functionals of the coupling: the theory half of ``twinseed.orders``."""
