"""Filters made of any function, for the laws."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, ClassVar, Self

from twinseed.filters import Filter


class Plain(Filter):
    """Any function as a filter; ``analytic`` is what its subclass declares."""

    def __init__(self, name: str, function: Callable[[Any], Any]) -> None:
        self.name, self.function = name, function

    def __call__(self, eigenvalues: Any) -> Any:
        return self.function(eigenvalues)

    @property
    def parameters(self) -> Mapping[str, float]:
        return {}

    def description(self) -> Mapping[str, Any]:
        return {"kind": type(self).__name__, "name": self.name}

    @classmethod
    def examples(cls) -> list[Self]:
        return []


class Declared(Plain):
    analytic: ClassVar[bool] = True
