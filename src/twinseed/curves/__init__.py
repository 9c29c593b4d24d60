"""Agreement and closeness for each training-set size n, next to a linear model.

The twins are trained by ``denoise``, or their samples were published by others.
"""
