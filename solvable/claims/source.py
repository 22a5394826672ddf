"""What the source text of a claim tells beyond its declaration: the notes of its file, and the problem it draws.

Nothing is imported. A claim takes its problem from ``lab.instance(make)``; the entries are the keys of the dicts in
``make`` and in the functions that it calls, in the same file or in a file beside it, and the sizes are its defaults.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from .declaration import Claim

_SHAPES = {"X": "(n, d)", "y": "(n,)", "x": "(n,)", "A": "(n, d, d)"}
"""What the package's conventions say of these names."""
_SIZE_ARGUMENT = {"standard_normal": 0, "normal": 2, "uniform": 2}


@dataclass(frozen=True)
class Problem:
    """The named arrays that a claim draws, name -> shape as it is written (empty: not told), and the sizes drawn."""

    entries: dict[str, str]
    sizes: dict[str, str]
    description: str = ""

    def __str__(self) -> str:
        arrays = ", ".join(f"{name} {shape}".strip() for name, shape in self.entries.items())
        drawn = ", ".join(f"{name} = {value}" for name, value in self.sizes.items())
        return "; ".join(filter(None, [arrays, drawn and f"drawn with {drawn}", self.description]))


def notes(claim: Claim) -> str:
    """The docstring of the file that declares a claim: the mathematics of its paper.

    >>> from solvable.claims.registry import find_claim
    >>> notes(find_claim("woodworth2020-hypentropy")).partition(" ")[0]
    'Woodworth'
    """
    found = re.match(r'\s*(r?"""(?:.|\n)*?""")', _text(claim))
    return str(ast.literal_eval(found[1])).strip() if found else ""


def problem(claim: Claim) -> Problem | None:
    """The problem that a claim draws first, None where its source does not tell.

    >>> from solvable.claims.registry import find_claim
    >>> str(problem(find_claim("woodworth2020-hypentropy"))).startswith("X (n, d), y")
    True
    """
    if claim.file is None or f"def {claim.name}(" not in _text(claim):
        return None
    scope = _Scope(Path(claim.file))
    return scope.problem(claim.name, set())


class _Scope:
    """The functions of one file, and those that it takes from files beside it."""

    def __init__(self, file: Path) -> None:
        tree = ast.parse(file.read_text(encoding="utf-8"))
        self.functions = {node.name: node for node in tree.body if isinstance(node, ast.FunctionDef)}
        self._file = file
        self._taken = {
            alias.asname or alias.name: (node.module, alias.name)
            for node in tree.body
            if isinstance(node, ast.ImportFrom) and node.level == 1 and node.module
            for alias in node.names
        }

    def find(self, name: str) -> tuple[_Scope, ast.FunctionDef] | None:
        """The function called `name` here, with the scope in which its own names mean something."""
        if name in self.functions:
            return self, self.functions[name]
        if name not in self._taken:
            return None
        module, original = self._taken[name]
        beside = self._file.parent / f"{module}.py"
        return _Scope(beside).find(original) if beside.is_file() else None

    def problem(self, name: str, seen: set[str]) -> Problem | None:
        """What the function `name` draws first, itself or in a function that it calls."""
        found = self.find(name) if name not in seen else None
        if found is None:
            return None
        seen.add(name)
        scope, function = found
        calls = [node for node in ast.walk(function) if isinstance(node, ast.Call)]
        for node in calls:
            if ast.unparse(node.func) == "lab.instance" and node.args:
                entries = dict(scope.entries(node.args[0], set()))
                made = scope.maker(node.args[0])
                text = ast.get_docstring(made) if isinstance(made, ast.FunctionDef) else None
                described = " ".join((text or "").split("\n\n")[0].split())
                return Problem(entries, _defaults(made), described) if entries else None
        deeper = (scope.problem(node.func.id, seen) for node in calls if isinstance(node.func, ast.Name))
        return next((found for found in deeper if found), None)

    def maker(self, node: ast.expr) -> ast.FunctionDef | ast.Lambda | None:
        """The function that an argument of ``lab.instance`` is or names."""
        if isinstance(node, ast.Lambda):
            return node
        found = self.find(node.id) if isinstance(node, ast.Name) else None
        return found[1] if found else None

    def entries(self, node: ast.AST, seen: set[str]) -> Iterator[tuple[str, str]]:
        """The keys of all dicts below `node`, and in the functions of a generator `rng` named there, with shapes."""
        values = {
            target.id: inner.value
            for inner in ast.walk(node)
            if isinstance(inner, ast.Assign)
            for target in inner.targets
            if isinstance(target, ast.Name)
        }
        for inner in ast.walk(node):
            if isinstance(inner, ast.Dict):
                for key, value in zip(inner.keys, inner.values, strict=True):
                    if isinstance(key, ast.Constant) and isinstance(key.value, str):
                        yield key.value, _shape(value, values) or _SHAPES.get(key.value, "")
            elif isinstance(inner, ast.DictComp):
                # One entry a value of the loop: the key with the name of its variable in it.
                yield ast.unparse(inner.key).strip("f'"), ""
            elif isinstance(inner, ast.Name) and inner.id not in seen:
                seen.add(inner.id)
                found = self.find(inner.id)
                if found and [argument.arg for argument in found[1].args.args[:1]] == ["rng"]:
                    scope, function = found
                    yield from scope.entries(function, seen)


def _shape(value: ast.expr, values: dict[str, ast.expr]) -> str:
    """The size that a draw is asked for, as written; empty for anything that is not plainly a draw."""
    if isinstance(value, ast.Name) and isinstance(values.get(value.id), ast.Call):
        value = values[value.id]
    if not isinstance(value, ast.Call) or not isinstance(value.func, ast.Attribute):
        return ""
    position = _SIZE_ARGUMENT.get(value.func.attr)
    if position is None or len(value.args) <= position:
        return ""
    size = ast.unparse(value.args[position])
    return size if size.startswith("(") else f"({size},)"


def _defaults(function: ast.FunctionDef | ast.Lambda | None) -> dict[str, str]:
    if function is None:
        return {}
    arguments, defaults = function.args.args, function.args.defaults
    named = zip(arguments[len(arguments) - len(defaults) :], defaults, strict=True)
    return {argument.arg: ast.unparse(default) for argument, default in named}


def _text(claim: Claim) -> str:
    file = Path(claim.file) if claim.file else None
    return file.read_text(encoding="utf-8") if file is not None and file.is_file() else ""
