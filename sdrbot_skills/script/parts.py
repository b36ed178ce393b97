"""A migration script taken apart without running it: its maps, its functions, and what a person added."""

from __future__ import annotations

import ast
import hashlib
import re
from dataclasses import dataclass, field
from typing import Any

from sdrbot_skills.errors import ConfigurationError
from sdrbot_skills.script.maps import Maps

MARK = "# As rendered: "
_OURS = ("typing", "sdrbot_skills.script")


@dataclass
class Function:
    """One `transform_*` function. `mark`: the fingerprint of what was rendered; `edited`: it is no longer that."""

    name: str
    text: str
    mark: str
    edited: bool


@dataclass
class Parts:
    """A script's parts. `functions` are by the plan's object; `imports` and `additions` are a person's own top-level statements."""

    plan_sha256: str | None = None
    maps: Maps = field(default_factory=Maps)
    functions: dict[str, Function] = field(default_factory=dict)
    imports: list[str] = field(default_factory=list)
    additions: list[str] = field(default_factory=list)
    names: set[str] = field(default_factory=set)


def take_apart(script: str) -> Parts:
    """Read a script. Raises `ConfigurationError` where it is not Python, or not a migration script any more."""
    try:
        tree = ast.parse(script)
    except SyntaxError as error:
        raise ConfigurationError(f"The script is not Python any more: line {error.lineno}: {error.msg}.") from error
    tables = _tables(tree)
    constants = {name: node for node in tree.body if (name := _assigned(node))}
    parts = Parts(plan_sha256=_constant(constants, "PLAN_SHA256"))
    parts.maps.fields = {word: _constant(constants, name) or {} for word, name in tables["field_maps"].items()}
    for word, names in tables["value_maps"].items():
        parts.maps.values[word] = {target: _constant(constants, name) or {} for target, name in names.items()}
    _sort_statements(tree, script.splitlines(), tables, parts)
    return parts


def fingerprint(function: str) -> str:
    """What marks a function as rendered: a digest of its code, comments and layout aside."""
    return _digest(ast.parse(function).body[0])


def names_used(tree: ast.AST) -> frozenset[str]:
    """The names that a piece of code reads."""
    return frozenset(node.id for node in ast.walk(tree) if isinstance(node, ast.Name))


def _digest(node: ast.AST) -> str:
    return hashlib.sha256(ast.dump(node).encode()).hexdigest()[:16]


def _tables(tree: ast.Module) -> dict[str, dict[str, Any]]:
    """The dictionaries that `main` hands to `run_migration`, with names where it names constants and functions."""
    calls = [
        node
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "run_migration"
    ]
    if len(calls) != 1:
        raise ConfigurationError("The script does not call run_migration(...) exactly once, as a rendered script does.")
    found = {keyword.arg: _names(keyword.value) for keyword in calls[0].keywords if keyword.arg}
    missing = [name for name in ("field_maps", "value_maps", "transforms") if not isinstance(found.get(name), dict)]
    if missing:
        raise ConfigurationError(
            f"The script's run_migration(...) call lacks {', '.join(missing)}, spelled out as rendered."
        )
    return found


def _names(node: ast.expr) -> Any:
    if isinstance(node, ast.Dict):
        return {
            key.value: _names(value)
            for key, value in zip(node.keys, node.values, strict=True)
            if isinstance(key, ast.Constant)
        }
    return node.id if isinstance(node, ast.Name) else None


def _assigned(node: ast.stmt) -> str | None:
    if isinstance(node, ast.Assign) and len(node.targets) == 1 and isinstance(node.targets[0], ast.Name):
        return node.targets[0].id
    if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
        return node.target.id
    return None


def _constant(constants: dict[str, ast.stmt], name: str | None) -> Any:
    node = constants.get(name or "")
    value = node.value if isinstance(node, ast.Assign | ast.AnnAssign) else None
    if value is None:
        return None
    try:
        return ast.literal_eval(value)
    except ValueError:
        raise ConfigurationError(
            f"{name} (line {value.lineno}) is not spelled out: write every entry as text."
        ) from None


def _sort_statements(tree: ast.Module, lines: list[str], tables: dict[str, dict[str, Any]], parts: Parts) -> None:
    words = {name: word for word, name in tables["transforms"].items()}
    ours = {"PLAN_SHA256", "main", *tables["field_maps"].values()}
    ours |= {name for names in tables["value_maps"].values() for name in names.values()}
    for node in tree.body:
        name = node.name if isinstance(node, ast.FunctionDef | ast.ClassDef) else _assigned(node)
        if isinstance(node, ast.FunctionDef) and node.name in words:
            parts.functions[words[node.name]] = _function(node, lines)
        elif isinstance(node, ast.Import | ast.ImportFrom):
            _sort_import(node, lines, parts)
        elif name not in ours and not _is_frame(node):
            parts.additions.append(_text(node, lines))
            parts.names |= names_used(node)


def _sort_import(node: ast.Import | ast.ImportFrom, lines: list[str], parts: Parts) -> None:
    if not isinstance(node, ast.ImportFrom) or node.module not in _OURS:
        parts.imports.append(_text(node, lines))


def _is_frame(node: ast.stmt) -> bool:
    """The docstring and `if __name__ == "__main__"`."""
    if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
        return True
    return isinstance(node, ast.If) and "__name__" in names_used(node.test)


def _function(node: ast.FunctionDef, lines: list[str]) -> Function:
    marks = [line.removeprefix(MARK).strip() for line in _comments_above(node, lines) if line.startswith(MARK)]
    mark = marks[-1] if marks else ""
    text = "\n".join(lines[_first_line(node) - 1 : node.end_lineno])
    return Function(node.name, text, mark, edited=_digest(node) != mark)


def _text(node: ast.stmt, lines: list[str]) -> str:
    comments = [line for line in _comments_above(node, lines) if not re.match(r"# \S+: \S+ \S+ -> |" + MARK, line)]
    return "\n".join([*comments, *lines[_first_line(node) - 1 : node.end_lineno]])


def _first_line(node: ast.stmt) -> int:
    decorators = node.decorator_list if isinstance(node, ast.FunctionDef | ast.ClassDef) else []
    return min([node.lineno, *(decorator.lineno for decorator in decorators)])


def _comments_above(node: ast.stmt, lines: list[str]) -> list[str]:
    end = start = _first_line(node) - 1
    while start > 0 and lines[start - 1].startswith("#"):
        start -= 1
    return lines[start:end]
