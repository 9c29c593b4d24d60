"""Grids of a readout: their populations, sizes and filters, drawn or read back from a store."""
