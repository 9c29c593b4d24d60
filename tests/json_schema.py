"""Where a value breaks a JSON Schema; the keywords that our schemas use, no others."""

from __future__ import annotations

import json
from importlib.resources import files
from typing import Any

__all__ = ["faults", "schema"]

_TYPES: dict[str, Any] = {
    "object": dict,
    "array": list,
    "string": str,
    "integer": int,
    "number": (int, float),
    "boolean": bool,
    "null": type(None),
}


def schema(name: str) -> dict[str, Any]:
    """Return a schema of the package."""
    text = files("twinseed").joinpath("schemas", f"{name}.json").read_text("utf-8")
    found: dict[str, Any] = json.loads(text)
    return found


def faults(value: Any, rule: dict[str, Any], root: dict[str, Any], where: str = "") -> list[str]:
    """Return where a value breaks a schema."""
    if "$ref" in rule:
        target = root
        for step in rule["$ref"].removeprefix("#/").split("/"):
            target = target[step]
        return faults(value, target, root, where)
    if "anyOf" in rule:
        found = [faults(value, one, root, where) for one in rule["anyOf"]]
        return [] if any(not one for one in found) else found[-1]
    if "const" in rule:
        return [] if value == rule["const"] else [f"{where}: {value!r}"]
    if "enum" in rule:
        return [] if value in rule["enum"] else [f"{where}: {value!r}"]
    names = rule["type"] if isinstance(rule["type"], list) else [rule["type"]]
    kinds = [_TYPES[name] for name in names]
    flag = isinstance(value, bool) and "boolean" not in names
    if flag or not any(isinstance(value, kind) for kind in kinds):
        return [f"{where}: {value!r} is no {names}"]
    told = []
    if isinstance(value, list) and "items" in rule:
        for k, one in enumerate(value):
            told += faults(one, rule["items"], root, f"{where}[{k}]")
    if isinstance(value, dict):
        known, extra = rule.get("properties", {}), rule.get("additionalProperties", True)
        told += [f"{where}: lacks {name}" for name in rule.get("required", []) if name not in value]
        for name, part in value.items():
            inside = known.get(name, extra if isinstance(extra, dict) else None)
            if inside is not None:
                told += faults(part, inside, root, f"{where}.{name}")
            elif extra is False:
                told.append(f"{where}: {name} is not documented")
    return told
