"""Examples in modules that import an optional dependency are collected where it is there."""

from importlib.util import find_spec

NEEDS = {
    "twinseed/denoise": ("torch", "safetensors"),
    "twinseed/explore/application.py": ("starlette",),
    "twinseed/explore/serving.py": ("starlette", "uvicorn"),
    "twinseed/explore/streams.py": ("starlette",),
    "twinseed/generators/diffusers_pipeline.py": ("torch",),
    "twinseed/generators/torch_module.py": ("torch",),
    "twinseed/loop/selection.py": ("sklearn",),
    "twinseed/loop/torch_metric.py": ("torch", "torchmetrics"),
}
"""Modules and packages, and the libraries that they import when they are loaded."""

collect_ignore = [path for path, names in NEEDS.items() if not all(map(find_spec, names))]
