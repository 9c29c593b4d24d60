"""Mutants of a source file: the file with one small fault planted, chosen by a seeded sample.

    >>> for mutant in mutants_of("demo.py", "def half(a):\\n    return a / 2\\n"):
    ...     print(f"{mutant.operator}: {mutant.line}")
    arithmetic: return a * 2
    removed: return (a)
    constant: return a / 3
    constant: return a / 1
    constant: return a / 4

Left alone: strings, annotations, decorators, imports, what a ``raise`` says, and ``examples()``.
"""

from __future__ import annotations

import ast
import hashlib
from collections.abc import Iterator
from dataclasses import dataclass

PACKAGES = ("coupling", "orders", "filters", "populations", "data", "simulation")
PACKAGES += ("auditing", "planning", "phases", "curves", "reproduction", "pages", "drawing", "cli")
"""What is mutated."""

ARITHMETIC = {ast.Add: "-", ast.Sub: "+", ast.Mult: "/", ast.Div: "*", ast.FloorDiv: "*"}
ARITHMETIC |= {ast.Pow: "*", ast.Mod: "*"}
COMPARISON: dict[type[ast.cmpop], str] = {ast.Lt: "<=", ast.LtE: "<", ast.Gt: ">=", ast.GtE: ">"}
COMPARISON |= {ast.Eq: "!=", ast.NotEq: "==", ast.Is: "is not", ast.IsNot: "is"}
COMPARISON |= {ast.In: "not in", ast.NotIn: "in"}
FIRST_ALONE = {"max", "min", "abs", "sqrt", "maximum", "minimum", "clip", "log", "exp", "square"}
"""Functions whose call is replaced by its first argument: a correction is lost."""
SYMMETRIC = {"max", "min", "maximum", "minimum", "dot", "hypot", "array_equal", "isinstance"}
"""Functions whose first two arguments are not exchanged."""


@dataclass(frozen=True)
class Mutant:
    """One planted fault."""

    path: str
    function: str
    operator: str
    number: int
    last: int
    """The numbers of the first and the last line that change."""
    before: str
    line: str
    """The statement's line, before and after."""
    source: str
    """The whole mutated file."""
    again: int = 0
    """How many mutants before this one have the same words."""

    @property
    def key(self) -> str:
        """A name that stays when other lines of the file move."""
        again = f" ({self.again})" if self.again else ""
        return f"{self.path} {self.function}: {self.before} => {self.line}{again}"


def sample(path: str, source: str, number: int, seed: int) -> list[Mutant]:
    """Return ``number`` mutants of a file, one operator after the other.

    The order comes from a digest of seed and key, so that a changed line changes its own mutants
    alone.
    """

    def rank(mutant: Mutant) -> str:
        return hashlib.sha256(f"{seed} {mutant.key}".encode()).hexdigest()

    turns: dict[str, list[Mutant]] = {}
    for mutant in sorted(mutants_of(path, source), key=rank):
        turns.setdefault(mutant.operator, []).append(mutant)
    chosen: list[Mutant] = []
    while len(chosen) < number and any(turns.values()):
        firsts = [kind.pop(0) for kind in turns.values() if kind]
        chosen += sorted(firsts, key=rank)[: number - len(chosen)]
    return chosen


def mutants_of(path: str, source: str) -> Iterator[Mutant]:
    """Yield every mutant of a file that still is Python."""
    lines = source.splitlines(keepends=True)
    starts = [0]
    for line in lines:
        starts.append(starts[-1] + len(line.encode()))
    content = source.encode()
    seen: dict[tuple[str, str, str], int] = {}
    for function, node, operator, place, text in _edits(ast.parse(source), content, starts):
        begin, end = place
        if content[begin:end].decode() == text:
            continue
        after = (content[:begin] + text.encode() + content[end:]).decode()
        try:
            ast.parse(after)
        except SyntaxError:
            continue
        number = node.lineno
        while content[:begin].count(b"\n") >= number:
            number += 1
        last = content[:end].count(b"\n") + 1
        before = " ".join(" ".join(lines[number - 1 : last]).split())
        tail = starts[last] - end
        line = content[starts[number - 1] : begin] + text.encode() + content[end : end + tail]
        words = (function, before, " ".join(line.decode().split()))
        again = seen[words] = seen.get(words, -1) + 1
        yield Mutant(path, function, operator, number, last, words[1], words[2], after, again)


def controls_of(path: str, source: str) -> Iterator[Mutant]:
    """Yield controls: the file with one space more at the end of a docstring, which is no fault."""
    content, lines = source.encode(), source.encode().splitlines(keepends=True)
    for function, node in _documented(ast.parse(source), ""):
        text = node.body[0]
        assert isinstance(text, ast.Expr)
        assert text.end_lineno is not None
        assert text.end_col_offset is not None
        end = sum(map(len, lines[: text.end_lineno - 1])) + text.end_col_offset - len(b'"""')
        if content[end:].startswith(b'"""'):
            after = (content[:end] + b" " + content[end:]).decode()
            name, first = function or "(module)", text.lineno
            words = ("docstring", "docstring with a space")
            yield Mutant(path, name, "control", first, text.end_lineno, *words, after)


def _documented(
    node: ast.Module | ast.FunctionDef | ast.ClassDef, name: str
) -> Iterator[tuple[str, ast.Module | ast.FunctionDef | ast.ClassDef]]:
    """Yield a module and its functions that have a docstring, each with its name."""
    if not isinstance(node, ast.ClassDef) and ast.get_docstring(node) is not None:
        yield name, node
    for child in node.body:
        if isinstance(child, ast.FunctionDef | ast.ClassDef):
            yield from _documented(child, f"{name}.{child.name}".lstrip("."))


Edit = tuple[str, ast.expr | ast.stmt, str, tuple[int, int], str]


def _edits(tree: ast.Module, content: bytes, starts: list[int]) -> Iterator[Edit]:
    """Yield function, node, operator, the bytes to replace and their replacement."""

    def place(node: ast.expr | ast.stmt) -> tuple[int, int]:
        assert node.end_lineno is not None
        assert node.end_col_offset is not None
        begin = starts[node.lineno - 1] + node.col_offset
        return begin, starts[node.end_lineno - 1] + node.end_col_offset

    def words(node: ast.expr) -> str:
        begin, end = place(node)
        return content[begin:end].decode()

    def between(left: ast.expr, right: ast.expr) -> tuple[int, int]:
        return place(left)[1], place(right)[0]

    for function, node, index in _nodes(tree):
        if isinstance(node, ast.BinOp):
            if type(node.op) in ARITHMETIC and not _text(node.left) and not _text(node.right):
                gap = between(node.left, node.right)
                sign = content[gap[0] : gap[1]].decode()
                new = _signed(sign, node.op, ARITHMETIC[type(node.op)])
                yield function, node, "arithmetic", gap, new
                yield function, node, "removed", place(node), f"({words(node.left)})"
                if isinstance(node.op, ast.Mult):
                    yield function, node, "removed", place(node), f"({words(node.right)})"
        elif isinstance(node, ast.AugAssign) and type(node.op) in ARITHMETIC:
            if not _text(node.value):
                gap = place(node.target)[1], place(node.value)[0]
                sign = content[gap[0] : gap[1]].decode()
                new = _signed(sign, node.op, ARITHMETIC[type(node.op)])
                yield function, node, "arithmetic", gap, new
        elif isinstance(node, ast.Compare):
            left = node.left
            for op, right in zip(node.ops, node.comparators, strict=True):
                if type(op) in COMPARISON:
                    new = f" {COMPARISON[type(op)]} "
                    yield function, node, "comparison", between(left, right), new
                left = right
        elif isinstance(node, ast.BoolOp):
            new = " or " if isinstance(node.op, ast.And) else " and "
            for one, two in zip(node.values, node.values[1:], strict=False):
                yield function, node, "boolean", between(one, two), new
        elif isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not | ast.USub):
            if not isinstance(node.operand, ast.Constant):
                kind = "boolean" if isinstance(node.op, ast.Not) else "removed"
                yield function, node, kind, place(node), words(node.operand)
        elif isinstance(node, ast.Constant) and type(node.value) is bool:
            yield function, node, "boolean", place(node), str(not node.value)
        elif isinstance(node, ast.Constant) and type(node.value) is int:
            kind = "index" if index else "constant"
            for new in (node.value + 1, node.value - 1):
                yield function, node, kind, place(node), f"({new})" if new < 0 else str(new)
            if node.value > 1:
                yield function, node, kind, place(node), str(2 * node.value)
        elif isinstance(node, ast.Constant) and type(node.value) is float:
            if node.value == 0:
                yield function, node, "constant", place(node), "1.0"
                continue
            for factor in (1.1, 0.9, 2.0, 0.5):
                yield function, node, "constant", place(node), f"({words(node)} * {factor})"
        elif isinstance(node, ast.Call):
            name = node.func.attr if isinstance(node.func, ast.Attribute) else ""
            name = node.func.id if isinstance(node.func, ast.Name) else name
            given = [a for a in node.args if not isinstance(a, ast.Starred)]
            if len(given) == len(node.args) >= 2 and name not in SYMMETRIC:
                one, two = given[:2]
                gap = place(one)[0], place(two)[1]
                comma = content[place(one)[1] : place(two)[0]].decode()
                yield function, node, "swapped", gap, words(two) + comma + words(one)
            if given and name in FIRST_ALONE:
                yield function, node, "removed", place(node), f"({words(given[0])})"


def _nodes(tree: ast.Module) -> Iterator[tuple[str, ast.expr | ast.stmt, bool]]:
    """Yield the nodes that may change, with the function and whether it is part of an index."""

    def walk(node: ast.AST, function: str, index: bool) -> Iterator[tuple[str, ast.AST, bool]]:
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            function = f"{function}.{node.name}".lstrip(".")
        yield function, node, index
        for name, value in ast.iter_fields(node):
            if name in {"annotation", "returns", "decorator_list"}:
                continue
            for child in value if isinstance(value, list) else [value]:
                if isinstance(child, ast.Raise | ast.JoinedStr | ast.Import | ast.ImportFrom):
                    continue
                if isinstance(child, ast.keyword) and child.arg == "strict":
                    continue  # of zip, whose lengths are equal
                if isinstance(child, ast.AST):
                    inside = index or (isinstance(node, ast.Subscript) and name == "slice")
                    yield from walk(child, function, inside)

    for function, node, index in walk(tree, "", False):
        if isinstance(node, ast.expr | ast.stmt) and not function.endswith(".examples"):
            yield function or "(module)", node, index


def _text(node: ast.expr) -> bool:
    """Whether an operand is a string, or is made of strings."""
    if isinstance(node, ast.BinOp):
        return _text(node.left) or _text(node.right)
    return isinstance(node, ast.JoinedStr) or (
        isinstance(node, ast.Constant) and isinstance(node.value, str | bytes)
    )


SIGNS = {ast.Add: "+", ast.Sub: "-", ast.Mult: "*", ast.Div: "/", ast.FloorDiv: "//"}
SIGNS |= {ast.Pow: "**", ast.Mod: "%"}


def _signed(gap: str, op: ast.operator, new: str) -> str:
    """Put another sign where the text between two operands has the operator's."""
    return gap.replace(SIGNS[type(op)], new, 1)
