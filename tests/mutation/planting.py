"""Plant a mutant into modules that are already imported: functions stay and change.

A forked process that has collected the tests can so run them at once, without importing anything
again. Numbers of modules and classes, and defaults, change as well; what is made of them at import
cannot be planted so.
"""

from __future__ import annotations

import functools
import sys
import types
from pathlib import Path
from typing import Any

NUMBERS = (int, float, complex, tuple)


def planted(path: str, source: str) -> bool:
    """Replace the code of every function of a module that differs; say whether one did."""
    name = ".".join(Path(path).with_suffix("").parts[1:]).removesuffix(".__init__")
    module = sys.modules.get(name)
    if module is None:
        return False
    fresh = types.ModuleType(name)
    fresh.__dict__.update({key: vars(module)[key] for key in ("__file__", "__package__")})
    sys.modules[name] = fresh  # where dataclasses look their module up
    try:
        exec(compile(source, str(module.__file__), "exec"), fresh.__dict__)
    finally:
        sys.modules[name] = module
    constants = _constants(module, fresh)
    return _replaced(vars(module), vars(fresh), name, set()) or constants


def _constants(module: types.ModuleType, fresh: types.ModuleType) -> bool:
    """Give the module's numbers their new values, here and wherever they were imported."""
    changed = False
    for key, old in list(vars(module).items()):
        new = vars(fresh).get(key, old)
        if isinstance(old, NUMBERS) and _plain(old) != _plain(new):
            for one in list(sys.modules.values()):
                if getattr(one, "__dict__", {}).get(key) is old:
                    setattr(one, key, new)
            changed = True
    return changed


def _replaced(old: Any, new: Any, module: str, seen: set[int]) -> bool:
    """Walk two objects in step; replace code where both are functions."""
    if id(old) in seen or type(old) is not type(new):
        return False
    seen.add(id(old))

    def step(one: Any, other: Any) -> bool:
        return _replaced(one, other, module, seen)

    if isinstance(old, types.FunctionType):
        return _function(old, new, module, seen)
    if isinstance(old, dict):
        return sum(step(old[key], new[key]) for key in list(old) if key in new) > 0
    if isinstance(old, list | tuple) and len(old) == len(new):
        return sum(step(*pair) for pair in zip(old, new, strict=True)) > 0
    if isinstance(old, type) and old.__module__ == module:
        changed = step(dict(vars(old)), dict(vars(new)))
        for key, value in list(vars(old).items()):
            if isinstance(value, NUMBERS) and _plain(value) != _plain(vars(new).get(key, value)):
                setattr(old, key, vars(new)[key])
                changed = True
        return changed
    if isinstance(old, property):
        return step(old.fget, new.fget) | step(old.fset, new.fset)
    if isinstance(old, classmethod | staticmethod):
        return step(old.__func__, new.__func__)
    if isinstance(old, functools.cached_property):
        return step(old.func, new.func)
    if hasattr(old, "__wrapped__"):
        return step(old.__wrapped__, new.__wrapped__)
    return False


def _function(
    old: types.FunctionType, new: types.FunctionType, module: str, seen: set[int]
) -> bool:
    changed = False
    if old.__module__ == module and _code(old.__code__) != _code(new.__code__):
        if len(old.__closure__ or ()) != len(new.__closure__ or ()):
            return False
        old.__code__ = new.__code__
        changed = True
    if old.__module__ == module and _plain(old.__defaults__) != _plain(new.__defaults__):
        old.__defaults__ = new.__defaults__
        changed = True
    if old.__module__ == module and _plain(old.__kwdefaults__) != _plain(new.__kwdefaults__):
        old.__kwdefaults__ = new.__kwdefaults__
        changed = True
    for one, other in zip(old.__closure__ or (), new.__closure__ or (), strict=False):
        before, after = one.cell_contents, other.cell_contents
        if isinstance(before, NUMBERS) and _plain(before) != _plain(after):
            one.cell_contents = after  # a default of a dataclass's field
            changed = True
        changed |= _replaced(before, after, module, seen)
    return changed


def _code(code: types.CodeType) -> tuple[Any, ...]:
    """What a function does; code that has run may differ from itself in what Python cached."""
    values = [_code(one) if isinstance(one, types.CodeType) else one for one in code.co_consts]
    named = code.co_names, code.co_varnames, code.co_freevars, code.co_cellvars
    return code.co_code, code.co_exceptiontable, repr(values), *named


def _plain(defaults: Any) -> str:
    """Defaults as text, so that equal ones of two runs of a module are equal."""
    return repr(defaults) if " at 0x" not in repr(defaults) else ""
