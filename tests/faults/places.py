"""Each command with each output that it writes, into a folder that cannot take the output."""

from __future__ import annotations

__all__ = ["WRITES"]

_FILES = "--train-a a.npy --samples-a ga.npy"
_SMALL = "--spikes 3 --n 8 --d 6"
WRITES = [
    *(f"predict {_SMALL} -o THERE/out{end}" for end in (".nc", ".json", ".csv", ".parquet")),
    f"simulate {_SMALL} --replicates 2 --store THERE/draws.sqlite",
    f"simulate {_SMALL} --replicates 2 -o THERE/out.nc",
    "export draws.sqlite -o THERE/out.csv",
    f"measure {_FILES} -o THERE/out.nc",
    f"measure {_FILES} --encoder cli_encoder:half --cache THERE",
    f"audit {_FILES} -o THERE/out.json",
    f"audit {_FILES} --html THERE/out.html",
    f"audit {_FILES} --suspects THERE/out.csv",
    f"audit {_FILES} --encoder cli_encoder:half --cache THERE",
    "inspect a.npy --write THERE/out.toml",
    "plan pilot.npy --resamples 10 -o THERE/out.json",
    "plan pilot.npy --resamples 10 --html THERE/out.html",
    "plan pilot.npy --resamples 10 -o THERE/out.png",
    "diagram --d 1000 --ridge 1 --cells 81 -o THERE/out.svg",
    "diagram --d 1000 --ridge 1 --cells 81 --store THERE/draws.sqlite",
    "train a.npy --sizes 4 --denoiser mlp --steps 2 --seeds 4 --factors 4 --workers 1 -o THERE/out",
    "reproduce THERE/out --quick --data a.npy --workers 1",
    "compare theory.nc theory.nc -o THERE/out.json",
    "explore --export THERE/out",
]
"""THERE is the folder."""
