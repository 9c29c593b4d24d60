"""Examples in modules that import an optional dependency are collected where it is there."""

from importlib.util import find_spec

collect_ignore = [] if find_spec("torch") and find_spec("safetensors") else ["twinseed/denoise"]
if not find_spec("torch"):
    collect_ignore += [
        "twinseed/generators/diffusers_pipeline.py",
        "twinseed/generators/torch_module.py",
    ]
