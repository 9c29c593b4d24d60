"""Values of options that need no conversion: a newer typer loads pydantic to convert any value."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from typer.core import TyperCommand

__all__ = ["LightCommand", "lightened"]


class LightCommand(TyperCommand):
    """A command whose texts, and whose options that were not passed, are not converted.

    Most commands are called with names of files alone, and then need no pydantic.
    """

    def get_params(self, ctx: Any) -> list[Any]:
        return lightened(super().get_params(ctx))


def lightened(parameters: list[Any]) -> list[Any]:
    """Return the parameters; each leaves the conversion to typer where there is one to do."""
    for parameter in parameters:
        # An older typer has another conversion, without pydantic.
        if hasattr(parameter, "get_runtime_param") and "get_runtime_param" not in vars(parameter):
            _lighten(parameter)
    return parameters


def _lighten(parameter: Any) -> None:
    typers = parameter.get_runtime_param
    several = parameter.multiple or parameter.nargs != 1
    is_text = parameter.type_descriptor.annotation is str and not several

    def coerce(value: Any, **where: Any) -> Any:
        if value is None:
            return () if several else None
        if is_text and isinstance(value, str):
            return value
        if value is parameter.default and not isinstance(value, str):
            return value
        return typers().coerce(value, **where)

    parameter.get_runtime_param = lambda: SimpleNamespace(coerce=coerce)
