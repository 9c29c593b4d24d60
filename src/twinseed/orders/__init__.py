"""The order parameters, one package for each: by theory and from data.

An order parameter is a dictionary of estimates under the names of the readout's variables. The
functions on arrays are pure; simulations call the same functions.
"""
