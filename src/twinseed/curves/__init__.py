"""Agreement and closeness for each training-set size n, next to a linear model.

The twins are trained here, or their samples were published by somebody else.
"""
