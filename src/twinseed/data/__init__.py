"""Data: real rows and samples, checked; their features, closeness and principal directions."""
