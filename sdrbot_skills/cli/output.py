"""How commands speak: tables and sentences for people, one JSON document on standard output for programs."""

from __future__ import annotations

import contextlib
import functools
import json
import sys
from collections.abc import Callable
from typing import Any

import typer
from pydantic import BaseModel
from rich.console import Console
from rich.table import Table

from sdrbot_skills.errors import MigrationError

NARROW, MANY = 72, 5
"""A window of fewer columns shows no table of so many."""

console = Console(highlight=False)
errors = Console(stderr=True, highlight=False)


def exiting(command: Callable[..., int]) -> Callable[..., None]:
    """The command with what it returns as the exit code of the process."""

    @functools.wraps(command)
    def run(*args: Any, **options: Any) -> None:
        code = command(*args, **options)
        if code:
            raise typer.Exit(code)

    return run


def print_json(document: Any) -> None:
    """One JSON document on standard output."""
    sys.stdout.write(json.dumps(_plain(document), indent=2, ensure_ascii=False, default=str) + "\n")
    sys.stdout.flush()


def complain(error: MigrationError) -> None:
    """Say what went wrong: as JSON on standard output too where the command was asked for JSON."""
    if "--json" in sys.argv:
        facts = {"kind": type(error).__name__, "code": getattr(error, "code", None), "message": str(error)}
        with contextlib.suppress(OSError):  # where standard output itself is full or gone, standard error still tells
            print_json({"error": facts})
    errors.print(f"[bold red]✗[/] {_escaped(str(error))}")


def table(title: str, columns: list[str], rows: list[list[Any]]) -> None:
    """A table; numbers stand to the right. In a narrow window, where cells would be cut, each row is a few lines of its own."""
    shown = [[_shown(cell) for cell in row] for row in rows]
    if console.width < NARROW and len(columns) >= MANY:
        _listed(title, columns, shown)
        return
    drawn = Table(title=title or None, title_justify="left", header_style="bold")
    for index, column in enumerate(columns):
        numeric = _numeric([row[index] for row in rows])
        drawn.add_column(column, justify="right" if numeric else "left", no_wrap=index == 0, overflow="fold")
    for row in shown:
        drawn.add_row(*(_escaped(cell) for cell in row))
    console.print(drawn)


def _listed(title: str, columns: list[str], rows: list[list[str]]) -> None:
    """Rows one below the other, complete: the first cell, then what else is known by the column's name."""
    if title:
        console.print(title, markup=False, style="italic")
    for first, *others in rows:
        console.print(first, markup=False, style="bold", soft_wrap=True)
        for column, cell in zip(columns[1:], others, strict=True):
            if cell:
                console.print(f"  {column}: {cell}" if column else f"  {cell}", markup=False)


def _numeric(cells: list[Any]) -> bool:
    """Whether a column holds nothing but numbers and gaps."""
    given = [cell for cell in cells if cell != ""]
    return bool(given) and all(_is_number(cell) for cell in given)


def _is_number(cell: Any) -> bool:
    return isinstance(cell, (int, float)) or (isinstance(cell, str) and cell.replace(",", "").isdigit())


def _shown(cell: Any) -> str:
    return f"{cell:,}" if isinstance(cell, int) and not isinstance(cell, bool) else str(cell)


def _escaped(text: str) -> str:
    return text.replace("[", r"\[")


def _plain(document: Any) -> Any:
    if isinstance(document, BaseModel):
        return document.model_dump(mode="json", by_alias=True)
    if isinstance(document, dict):
        return {key: _plain(value) for key, value in document.items()}
    if isinstance(document, (list, tuple)):
        return [_plain(value) for value in document]
    return document
