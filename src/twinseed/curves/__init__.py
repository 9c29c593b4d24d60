"""Curves over n: agreement and closeness for each training-set size, next to a linear model.

The twins are trained here, or their samples were published by somebody else.
"""
