"""``predict``, ``simulate`` and ``measure``: each returns a readout."""
