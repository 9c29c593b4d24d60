"""The order parameters, one module each: from theory (`from_coupling`), from data (`from_twins`).

An order parameter is a dictionary of estimates under the names of the readout's variables. The
functions on arrays are pure, and the ones that simulations call.
"""
